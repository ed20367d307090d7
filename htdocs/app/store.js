// A value with listeners, and a view that renders a template again when told. Enough state handling for this console.
import { render } from '../vendor/lit-html/lit-html.js';

/** An observable object: get(), set(part), subscribe(listener) -> unsubscribe. */
export function createStore(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    set(part) {
      value = { ...value, ...part };
      for (const listener of [...listeners]) listener(value);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Renders template() into container now and, once per microtask, whenever the returned function is called. */
export function view(container, template) {
  let pending = false;
  let dead = false;
  const draw = () => {
    pending = false;
    if (!dead) render(template(), container);
  };
  draw();
  const update = () => {
    if (pending) return;
    pending = true;
    queueMicrotask(draw);
  };
  update.stop = () => { dead = true; };
  return update;
}

/** Collects what must be undone when a screen is left. */
export function cleanup() {
  const undo = [];
  return {
    add(...functions) { undo.push(...functions); },
    listen(target, type, listener, options) {
      target.addEventListener(type, listener, options);
      undo.push(() => target.removeEventListener(type, listener, options));
    },
    run() { while (undo.length) undo.pop()(); },
  };
}
