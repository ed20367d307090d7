// The list as a CSV file: everything the filter selects, not only what is loaded. The server streams it; a file that it could not
// finish says so in its last line, and then so do we.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, language } from '../app/i18n.js';
import { send } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { number } from '../app/format.js';
import { prefs } from '../app/prefs.js';
import { problemText } from '../app/problems.js';

/** What a reply is to be called as a file. */
function nameOf(reply, otherwise) {
  const header = reply.headers.get('Content-Disposition') ?? '';
  const coded = /filename\*=UTF-8''([^;]+)/i.exec(header);
  if (coded) return decodeURIComponent(coded[1]);
  return /filename="([^"]+)"/.exec(header)?.[1] ?? otherwise;
}

/** Gives a file to the browser to keep. */
export function keepFile(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

async function lastLine(blob) {
  const tail = await blob.slice(Math.max(0, blob.size - 400)).text();
  return tail.trimEnd().split('\n').pop().trim();
}

/** Keeps a reply as a file. */
export async function saveReply(reply, otherwise) {
  keepFile(await reply.blob(), nameOf(reply, otherwise));
}

const ofHistory = { path: (category) => `/history/${category}`, what: 'csv.what' };

/** Asks for the encoding and downloads. of: where the list comes from, and what is said about it. */
export function csvDialog(category, query, of = ofHistory) {
  let encoding = prefs.get('csv.encoding', 'utf-8');
  let got = null;
  let error = '';
  const stop = new AbortController();
  return openDialog({
    title: t('csv.title'),
    onClose: () => stop.abort(),
    body: (api) => {
      const load = async (event) => {
        event.preventDefault();
        got = 0;
        error = '';
        api.update();
        try {
          prefs.set('csv.encoding', encoding);
          const reply = await send('GET', of.path(category), { query: { ...query, lang: language(), encoding }, accept: 'text/csv', signal: stop.signal });
          const name = nameOf(reply, `${category}.csv`);
          const counter = new TransformStream({ transform(piece, to) { got += piece.byteLength; to.enqueue(piece); } });
          const tick = setInterval(() => api.update(), 300);
          const blob = await new Response(reply.body.pipeThrough(counter), { headers: { 'Content-Type': 'text/csv' } }).blob().finally(() => clearInterval(tick));
          const last = await lastLine(blob);
          if (last.startsWith('#ERROR')) {
            error = t(encoding === 'cp932' ? 'csv.cp932_failed' : 'csv.cut');
            got = null;
            api.update();
            return;
          }
          keepFile(blob, name);
          api.close(true);
          notice(t('csv.done', { name, size: number(Math.ceil(blob.size / 1024)) }));
        } catch (problem) {
          if (problem.name === 'AbortError') return;
          got = null;
          error = problem.status === undefined ? t('csv.cut') : problemText(problem); // the transfer broke off
          api.update();
        }
      };
      const radio = (value) => html`<label class="choice"><input type="radio" name="encoding" value=${value} .checked=${encoding === value} @change=${() => { encoding = value; }}>${t(`csv.${value}`)}</label>`;
      return html`<form @submit=${load}><p class="dialog-text">${t(of.what)}</p>
        <fieldset><legend>${t('csv.encoding')}</legend>${radio('utf-8')}${radio('cp932')}</fieldset>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        ${got === null ? nothing : html`<p role="status">${t('csv.loading', { size: number(Math.ceil(got / 1024)) })}</p>`}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
          <button class="primary" ?disabled=${got !== null}>${t('csv.download')}</button></div></form>`;
    },
  });
}
