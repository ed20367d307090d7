// <details class=menu>: closes on Esc, on a click elsewhere and when the focus leaves.
export function installMenus(place) {
  const closeOthers = (target) => {
    for (const menu of place.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(target)) menu.removeAttribute('open');
    }
  };
  const onPointer = (e) => closeOthers(e.target);
  const onFocus = (e) => closeOthers(e.target);
  const onKey = (e) => {
    const menu = e.key === 'Escape' && e.target.closest?.('details.menu[open]');
    if (!menu) return;
    menu.removeAttribute('open');
    menu.querySelector('summary').focus();
    e.stopPropagation();
  };
  document.addEventListener('pointerdown', onPointer);
  document.addEventListener('focusin', onFocus);
  place.addEventListener('keydown', onKey);
  return () => {
    document.removeEventListener('pointerdown', onPointer);
    document.removeEventListener('focusin', onFocus);
    place.removeEventListener('keydown', onKey);
  };
}
