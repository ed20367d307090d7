# conf: Apache snippet, systemd units, sysusers, tmpfiles and sample configuration.
