// Settings that nobody reads. A misspelt name where security depends on it must stop the start: the operator
// believes in a protection that is not there. Elsewhere it is worth a warning.
import { Failure } from '../errors.ts';
import { type ConfigView, isTable, variableName } from './config.ts';

export interface KnownSettings {
  /** Every setting the daemon reads or deliberately ignores, such as `server.http_addr`. */
  readonly known: readonly string[];
  /** Sections in which an unknown name stops the start. */
  readonly strict: readonly string[];
  /**
   * Whether an unknown variable of a strict section stops the start too (default), or is a warning: in the
   * signer a variable may be the passphrase of an alias with any name.
   */
  readonly strictVariables?: boolean;
}

/** Sections of both daemons in which an unknown name stops the start. */
export const strictSections = ['auth', 'trust_service', 'storage', 'server'] as const;

/**
 * Compares the file and the variables with what is known.
 * @returns one clause for each unknown setting outside the strict sections, for the log.
 * @throws Failure CONFIG_INVALID for the unknown settings within them.
 */
export function checkSettings(config: ConfigView, settings: KnownSettings): readonly string[] {
  const known = new Set(settings.known);
  const unknown = leaves(config, known).filter((path) => !known.has(path));
  const strict = new Set(settings.strict);
  const refused = unknown.filter((path) => strict.has(path.split('.', 1)[0] ?? ''));
  const variables = unknownVariables(config, settings);
  if (settings.strictVariables !== false) refused.push(...variables);
  if (refused.length > 0) {
    throw new Failure('CONFIG_INVALID', `unknown setting: ${refused.join(', ')}`, {
      remedy: 'Correct or remove it: a protection that it was meant to switch on would be missing.',
    });
  }
  return [...unknown, ...variables].map((name) => `unknown setting ${name} is ignored`);
}

/** Paths of the leaves, not looking below a known setting that is itself a table. An empty section sets nothing. */
function leaves(view: ConfigView, known: ReadonlySet<string>): readonly string[] {
  if (known.has(view.path) || !isTable(view.value)) return view.path === '' ? [] : [view.path];
  const below = view.memberNames().flatMap((name) => leaves(view.member(name), known));
  const isSection = view.path === '' || [...known].some((path) => path.startsWith(`${view.path}.`));
  return below.length > 0 || isSection ? below : [view.path];
}

function unknownVariables(config: ConfigView, settings: KnownSettings): readonly string[] {
  const { env, prefixes } = config.source;
  return prefixes.flatMap((prefix) => {
    const known = new Set(settings.known.map((path) => variableName(prefix, path)));
    const sections = settings.strict.map((section) => `${variableName(prefix, section)}_`);
    return Object.keys(env).filter(
      (name) =>
        env[name] !== undefined &&
        sections.some((section) => name.startsWith(section)) &&
        !known.has(name),
    );
  });
}
