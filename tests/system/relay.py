"""A relay between the poller and one controller that can repeat what it saw, from the same addresses: the attacker on the LAN."""
import collections
import random
import select
import socket
import threading


class Relay:
    """Listens on a port of its own and passes datagrams on to the controller and back.

    `seen` holds (direction, bytes), direction "in" to the controller or "out" from it.
    """

    def __init__(self, address, port):
        self.target = (address, port)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind((address, 0))
        self.port = self.front.getsockname()[1]
        self.back = {}  # poller's address -> socket towards the controller
        self.seen = collections.deque(maxlen=5000)
        self.alive = True
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        while self.alive:
            ready, _, _ = select.select([self.front, *self.back.values()], [], [], 0.2)
            for sock in ready:
                try:
                    if sock is self.front:
                        self.inward()
                    else:
                        self.outward(sock)
                except OSError:
                    pass  # a port that is closed for a moment

    def inward(self):
        data, source = self.front.recvfrom(65535)
        if source not in self.back:
            self.back[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.back[source].connect(self.target)
        self.seen.append(("in", data))
        self.back[source].send(data)

    def outward(self, sock):
        data = sock.recv(65535)
        source = next(address for address, own in self.back.items() if own is sock)
        self.seen.append(("out", data))
        self.front.sendto(data, source)

    def repeat(self, many):
        """Sends again, from the true addresses, what was seen before, shuffled. Returns how many datagrams."""
        old = list(self.seen)
        random.shuffle(old)
        sent = 0
        for direction, data in old[:many]:
            for source, sock in list(self.back.items())[-1:]:
                try:
                    if direction == "in":
                        sock.send(data)
                    else:
                        self.front.sendto(data, source)
                    sent += 1
                except OSError:
                    pass
        return sent

    def garbage(self, random_source, many):
        """Random and mangled datagrams both ways, from the true addresses."""
        old = [data for _, data in self.seen] or [b"\x16\xfe\xfd"]
        for number in range(many):
            if number % 2:
                data = random_source.randbytes(random_source.randrange(1, 1400))
            else:
                data = bytearray(random_source.choice(old))
                for _ in range(3):
                    data[random_source.randrange(len(data))] ^= 1 << random_source.randrange(8)
            for source, sock in list(self.back.items())[-1:]:
                try:
                    sock.send(bytes(data))
                    self.front.sendto(bytes(data), source)
                except OSError:
                    pass

    def close(self):
        self.alive = False
        self.thread.join(5)
        for sock in (self.front, *self.back.values()):
            sock.close()
