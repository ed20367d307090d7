// Where the operator is: #/<screen>[/<part>]?name=value. The address holds the search, so it can be bookmarked and sent.
export function here() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [screen = '', part = ''] = path.split('/');
  return { screen, part, params: new URLSearchParams(query) };
}

/** Address of a screen; empty values are left out, lists are repeated. */
export function address(screen, part, values = {}) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') params.append(name, one);
    }
  }
  const query = params.toString();
  return `#/${screen}${part ? `/${part}` : ''}${query ? `?${query}` : ''}`;
}

export function go(screen, part, values) {
  location.hash = address(screen, part, values);
}

/** Changes the address without leaving a step in the browser's history and without a hashchange. */
export function rewrite(screen, part, values) {
  history.replaceState(null, '', address(screen, part, values));
}
