// Server-Sent Events out of text pieces (WHATWG HTML 9.2.6), without the connection.
export class EventReader {
  #rest = '';
  #event = { type: '', data: [], id: null };

  /** The last id given, also by an event without data (a heartbeat may carry one). */
  get lastId() { return this.#event.id; }

  /** Takes the next piece of the stream; gives the events that it completed: [{type, data, id}]. */
  feed(piece) {
    const events = [];
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line === '') this.#finish(events);
      else this.#field(line);
    }
    return events;
  }

  #finish(events) {
    const { type, data, id } = this.#event;
    if (data.length) events.push({ type: type || 'message', data: data.join('\n'), id });
    this.#event = { type: '', data: [], id };
  }

  #field(line) {
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment: the heartbeat
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#event.type = value;
    else if (name === 'data') this.#event.data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#event.id = value;
  }
}
