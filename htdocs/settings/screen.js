// Settings: on the left the functions that exist and that the operator may use, in the order of SPEC U-4; each brings its own list and
// detail. An address of one that may not be used is answered in words.
import '../elements/kb-tree.js';
import { t } from '../app/i18n.js';
import { cleanup } from '../app/store.js';
import { here, go, address } from '../app/router.js';
import { mayView } from '../app/session.js';
import { refused } from '../app/refused.js';
import { installMenus } from '../app/menus.js';
import { offer } from '../app/palette.js';
import { mountManagementGroups } from './management_groups.js';
import { mountDepartments } from './departments.js';
import { mountChanges } from '../changes/list.js';
import { mountTransfers } from '../transfers/list.js';
import { mountOperators } from '../operators/screen.js';
import { mountSystemLog } from '../system/log.js';

/** name, right, how to mount; a later function adds its row in its place. */
const functions = [
  { name: 'management_groups', right: 'management_groups', mount: mountManagementGroups },
  { name: 'departments', right: 'departments', mount: mountDepartments },
  { name: 'change_history', right: 'change_history', mount: mountChanges },
  { name: 'permit_transfer', right: 'permit_transfer', mount: mountTransfers },
  { name: 'operators', right: 'operators', mount: mountOperators },
  { name: 'system_log', right: 'system_log', mount: mountSystemLog },
];

const allowed = () => functions.filter((f) => mayView(f.right));
export const anySetting = () => allowed().length > 0;

export function mountSettings({ group, centre, detail }) {
  const undo = cleanup();
  const tree = document.createElement('kb-tree');
  group.replaceChildren(tree);
  tree.setup({ name: 'settings', label: t('screen.settings'), nodes: allowed().map((f) => ({ id: f.name, parent: null, label: t(`setting.${f.name}`) })) });
  let current = null;
  let leave = null;

  function show() {
    const { part } = here();
    const hidden = functions.find((f) => f.name === part && !mayView(f.right));
    const next = hidden ?? allowed().find((f) => f.name === part) ?? allowed()[0];
    if (next === current) return;
    leave?.();
    current = next;
    centre.replaceChildren();
    detail.replaceChildren();
    tree.selected = next.name;
    leave = hidden ? refused(centre, t(`setting.${hidden.name}`), allowed().map((f) => [address('settings', f.name), t(`setting.${f.name}`)])) : next.mount({ centre, detail });
  }

  undo.add(installMenus(centre), offer(() => allowed().map((f) => ({ label: t(`setting.${f.name}`), hint: t('screen.settings'), run: () => go('settings', f.name) }))));
  undo.listen(tree, 'kb-choose', ({ detail: { node } }) => go('settings', node.id));
  undo.listen(window, 'hashchange', () => { if (here().screen === 'settings') show(); });
  show();
  return () => { leave?.(); undo.run(); };
}
