// The five regions (U-1): status bar, navigation, group pane, centre pane, detail pane; and the strip of alarms and jobs below.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { view, cleanup } from './store.js';
import { here, go } from './router.js';
import { mayView, recheck } from './session.js';
import { refused } from './refused.js';
import { statusBar, watchStatus } from './status_bar.js';
import { installSplitters } from './splitter.js';
import { installKeys } from './keys.js';
import { installMenus } from './menus.js';
import { connection } from './api.js';
import { mountStrip } from '../alarms/strip.js';
import { mountToasts } from '../alarms/toasts.js';
import { startAlarms } from '../alarms/alarms.js';
import { startSystemAlarms } from '../system/alarms.js';
import { mountSettings, anySetting } from '../settings/screen.js';
import { mountGates } from '../gates/screen.js';
import { mountHistory } from '../history/screen.js';
import { mountCardholders } from '../cardholders/screen.js';

/** Screens in the order of SPEC 14: name, right (or a function of its own), how to mount. A later screen adds its row. */
export const screens = [
  { name: 'history', right: 'history', mount: mountHistory, key: '1' },
  { name: 'cardholders', right: 'cardholders', mount: mountCardholders, key: '2' },
  { name: 'gates', right: 'gates', mount: mountGates, key: '3' },
  { name: 'settings', allowed: anySetting, mount: mountSettings, key: '4' },
];

export const allowedScreens = () => screens.filter((s) => (s.allowed ? s.allowed() : mayView(s.right)));
const firstScreen = () => allowedScreens().find((s) => s.name === 'gates') ?? allowedScreens()[0];

/** An address that was typed or kept, to what this operator may not use. */
const refusal = (name) => ({ name, mount: ({ centre }) => refused(centre, t(`screen.${name}`), allowedScreens().map((s) => [`#/${s.name}`, t(`screen.${s.name}`)])) });

function banner() {
  const { state } = connection.get();
  if (state === 'ok') return nothing;
  return html`<div class="banner" role="alert"><span aria-hidden="true">■</span> ${t(`connection.${state}`)}</div>`;
}

function shellTemplate(current) {
  return html`
    <a class="skip" href="#centre-pane" @click=${skipTo('centre-pane')}>${t('skip.list')}</a>
    <a class="skip" href="#detail-pane" @click=${skipTo('detail-pane')}>${t('skip.detail')}</a>
    <header class="status-bar">${statusBar()}</header>
    <nav class="nav-bar" aria-label=${t('region.navigation')}>
      <ul>${allowedScreens().map((s) => html`<li><a href=${`#/${s.name}`} aria-current=${s.name === current ? 'page' : nothing}
        data-screen=${s.name}>${t(`screen.${s.name}`)}</a></li>`)}</ul>
      <div class="nav-tools" id="nav-tools"></div>
    </nav>
    <div class="banner-place">${banner()}</div>`;
}

function skipTo(id) {
  return (event) => {
    event.preventDefault();
    const pane = document.getElementById(id);
    (pane?.querySelector('[tabindex="0"], button, input, a[href]') ?? pane)?.focus();
  };
}

function frame(place) {
  place.replaceChildren();
  const make = (tag, id, className, label) => {
    const element = document.createElement(tag);
    element.id = id;
    element.className = className;
    if (label) element.setAttribute('aria-label', t(label));
    return element;
  };
  const top = make('div', 'top', 'top');
  const body = make('div', 'panes', 'panes');
  const group = make('aside', 'group-pane', 'group-pane', 'region.group');
  const centre = make('main', 'centre-pane', 'centre-pane', 'region.centre');
  const detail = make('section', 'detail-pane', 'detail-pane', 'region.detail');
  centre.tabIndex = -1;
  detail.tabIndex = -1;
  body.append(group, centre, detail);
  const strip = make('footer', 'strip', 'strip', 'region.strip');
  const toasts = make('div', 'toasts', 'toasts', 'region.toasts');
  toasts.setAttribute('role', 'region');
  const notices = make('div', 'notices', 'notices');
  notices.setAttribute('role', 'status');
  place.append(top, body, strip, toasts, notices);
  return { top, body, group, centre, detail, strip, toasts };
}

/** Builds the console in place; gives a function that takes it away. */
export function mountShell(place) {
  const undo = cleanup();
  const regions = frame(place);
  let screen = null;
  let leave = null;

  const update = view(regions.top, () => shellTemplate(screen?.name));
  undo.add(update.stop, connection.subscribe(update), watchStatus(update));

  function mount(next) {
    leave?.();
    screen = next;
    for (const pane of [regions.group, regions.centre, regions.detail]) pane.replaceChildren();
    leave = next.mount(regions);
    document.title = t('app.title', { page: t(`screen.${next.name}`) });
    update();
  }

  function route() {
    const allowed = allowedScreens();
    const wanted = here().screen;
    const next = allowed.find((s) => s.name === wanted);
    if (next) {
      if (next !== screen) mount(next);
    } else if (screens.some((s) => s.name === wanted) && allowed.length) {
      if (screen?.name !== wanted) mount(refusal(wanted));
    } else if (allowed.length) go(firstScreen().name);
    else regions.centre.textContent = t('screen.none');
  }

  undo.add(installSplitters(regions), installMenus(regions.top), startAlarms(), startSystemAlarms(), mountStrip(regions.strip), mountToasts(regions.toasts), installKeys());
  undo.listen(window, 'hashchange', () => { recheck(); route(); });
  route();
  return () => {
    leave?.();
    undo.run();
    place.replaceChildren();
  };
}
