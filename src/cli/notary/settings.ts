// Tables of a configuration file whose names count without regard to case, as in Go's viper. A name that is written in
// two cases is refused: only one of them could count.
import type { JsonView } from '../../encoding/json-view.ts';

const truths: ReadonlySet<string> = new Set(['1', 't', 'true']);
const falsehoods: ReadonlySet<string> = new Set(['', '0', 'f', 'false']);

export interface Settings {
  /** In lower case. */
  readonly names: readonly string[];
  /** The empty text when it is not set. */
  text(name: string): string;
  /** True or false, or one of the texts that Go takes for them; false when it is not set. */
  truth(name: string): boolean;
  table(name: string): Settings;
  view(name: string): JsonView | undefined;
}

/** @throws Failure with the code of `view` from here and from every reader */
export function settingsOf(view: JsonView | undefined): Settings {
  const members = new Map<string, JsonView>();
  for (const [written, member] of view?.entries() ?? []) {
    const name = written.toLowerCase();
    if (members.has(name)) member.fail('is written twice, in different case');
    members.set(name, member);
  }
  const member = (name: string): JsonView | undefined => {
    const found = members.get(name);
    return found?.isNull === true ? undefined : found;
  };
  return {
    names: [...members.keys()],
    text: (name) => member(name)?.string() ?? '',
    truth: (name) => truthOf(member(name)),
    table: (name) => settingsOf(member(name)),
    view: member,
  };
}

function truthOf(view: JsonView | undefined): boolean {
  if (view === undefined) return false;
  if (typeof view.value !== 'string') return view.boolean();
  const text = view.value.toLowerCase();
  if (truths.has(text)) return true;
  return falsehoods.has(text) ? false : view.fail('is not true or false');
}
