// Adding, changing and deleting one thing of the settings by the API's rules (If-Match, 412, what stands in the way).
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { editDialog } from '../app/edit_form.js';
import { confirmDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';

/** Adds one under path; resolves with it, undefined when dismissed. */
export const addThing = (path, title, fields, base, bodyOf = (v) => v) => editDialog({
  title,
  fields,
  base,
  agree: t('add'),
  save: async (values) => {
    const { data } = await call('POST', path, { body: bodyOf(values) });
    notice(t('added', { name: data.name }));
    return data;
  },
});

/** Changes one; values(thing) are what the form shows, bodyOf(changes) what is sent, intro(thing) what stands above. */
export async function editThing(path, title, fields, values, bodyOf = (v) => v, intro = () => undefined) {
  try {
    const { data, etag } = await call('GET', path);
    return await editDialog({
      title,
      fields,
      base: values(data),
      intro: intro(data),
      etag,
      reread: async () => { const now = await call('GET', path); return { values: values(now.data), etag: now.etag }; },
      save: async (part, tag) => {
        const answer = await call('PATCH', path, { body: bodyOf(part), headers: { 'If-Match': tag } });
        notice(t('edit.saved'));
        return answer.data;
      },
    });
  } catch (problem) {
    notice(problemText(problem), 'error');
    return undefined;
  }
}

/** Deletes one after a question; true when done. */
export async function deleteThing(path, title, text) {
  try {
    const { etag, data } = await call('GET', path);
    if (!(await confirmDialog({ title, text, agree: t('delete'), danger: true }))) return false;
    await call('DELETE', path, { headers: { 'If-Match': etag } });
    notice(t('deleted', { name: data.name }));
    return true;
  } catch (problem) {
    const used = problem.errors?.some((e) => e.code === 'in_use');
    notice(used ? t('in_use') : problemText(problem), 'error');
    return false;
  }
}
