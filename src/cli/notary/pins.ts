// `trust_pinning` of notary's configuration, as the pins of a trust directory (client store §8).
import { type PinSource, Pins } from '../../client/trustdir/pins.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { Failure } from '../../errors.ts';
import { settingsOf } from './settings.ts';

/** @throws Failure CONFIG_INVALID for what is no pin: a mistyped pin is none, and nobody would know */
export function pinsOf(view: JsonView | undefined, place: Omit<PinSource, 'view'>): Pins {
  if (view === undefined) return Pins.none();
  const settings = settingsOf(view);
  requireLists(settings.view('certs'));
  const members = settings.names.flatMap((name) => {
    const value = settings.view(name)?.value;
    if (name === 'disable_tofu') return [[name, settings.truth(name)] as const];
    return value === undefined ? [] : [[name, value] as const];
  });
  const folded = new JsonView(new Map(members), view.path, 'CONFIG_INVALID');
  return Pins.read([{ ...place, view: folded }]);
}

/** notary's own complaint, which people look for. */
function requireLists(certs: JsonView | undefined): void {
  if (certs === undefined) return;
  const isTable = certs.value instanceof Map;
  if (isTable && certs.entries().every(([, { value }]) => isListOfTexts(value))) return;
  throw new Failure('CONFIG_INVALID', 'invalid format for trust_pinning.certs', {
    facts: { setting: certs.path },
    remedy: 'Write each repository with a list of ids: {"certs": {"GUN": ["ID"]}}.',
  });
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
