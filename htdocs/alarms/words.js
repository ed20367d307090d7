// How an alarm reads in one line.
import { code } from '../app/i18n.js';

export const alarmPlace = (a) => a.gate?.name ?? a.controller?.name ?? '';
export const alarmKind = (a) => code('event', a.kind);
