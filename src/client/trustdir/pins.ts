// What the user has said about roots before seeing them (client store §8): ids, authorities, and whether an
// unknown root may be trusted at first sight. Read from notary's `trust_pinning` and from our own file
// of the same shape, which adds `root_keys`: patterns to ids of bare root keys.
//
// Invariants: repository names are compared exactly (notary lower-cases its configuration, so that its
// pins for names with capitals never match); an id of any kind counts wherever an id stands; a setting
// that is not understood stops everything, because a mistyped pin is no pin.
import { isAbsolute, join } from 'node:path';
import type { JsonView } from '../../encoding/json-view.ts';
import { Failure } from '../../errors.ts';
import type { RootPin } from '../../tuf/root-pin.ts';
import type { TrustReason } from './generations.ts';
import { readAuthorities } from './pin-authorities.ts';
import { readStored } from './stored-file.ts';

/** One configuration with pins: the value of its `trust_pinning`, and what its paths are relative to. */
export interface PinSource {
  readonly view: JsonView;
  /** Directory of the configuration file. */
  readonly directory: string;
  /** Where notary would look for relative paths. */
  readonly workingDirectory: string;
}

/** The pin that applies to a repository, and the setting that it comes from, for messages. */
export interface AppliedPin {
  readonly pin: RootPin;
  /** As `certs "registry.example.com/*"`. */
  readonly rule: string;
  /** What is remembered of a root that the pin admitted. */
  readonly reason: TrustReason;
}

const reasonOf = {
  certs: 'certificate-pin',
  root_keys: 'root-key-pin',
  ca: 'ca-pin',
} as const;

interface Rule {
  readonly kind: 'certs' | 'root_keys' | 'ca';
  readonly pattern: string;
  readonly ids: ReadonlySet<string>;
  readonly file: string;
  readonly source: PinSource;
}

const hexId = /^[0-9a-f]{64}$/;
/** A bundle of authorities; a public one of all the world is below 1 MiB. */
const maxAuthorityBytes = 4 * 1024 * 1024;

export class Pins {
  readonly #rules: readonly Rule[];
  /** False when a root without a pin must not be trusted at first sight (`disable_tofu`). */
  readonly allowsFirstUse: boolean;

  private constructor(rules: readonly Rule[], allowsFirstUse: boolean) {
    this.#rules = rules;
    this.allowsFirstUse = allowsFirstUse;
  }

  /** No pins: every first root is believed, as docker does. */
  static none(): Pins {
    return new Pins([], true);
  }

  /**
   * Pins of all sources; of two rules that fit equally the one of the earlier source counts.
   * @throws Failure CONFIG_INVALID
   */
  static read(sources: readonly PinSource[]): Pins {
    const rules = sources.flatMap(readRules);
    return new Pins(rules, !sources.some(({ view }) => disablesFirstUse(view)));
  }

  /**
   * The pin for `gun`, if any: its exact name, else the longest pattern that ends in `*`, else the longest prefix
   * with an authority; ids of certificates before ids of keys.
   * @throws Failure CONFIG_INVALID for an unusable CA
   */
  async pinFor(gun: string, nowMs: number): Promise<AppliedPin | undefined> {
    const rule = this.#ruleFor(gun);
    if (rule === undefined) return undefined;
    const name = `${rule.kind} ${JSON.stringify(rule.pattern)}`;
    return { pin: await rootPin(rule, nowMs), rule: name, reason: reasonOf[rule.kind] };
  }

  #ruleFor(gun: string): Rule | undefined {
    const ids = this.#rules.filter(({ kind }) => kind !== 'ca');
    const exact = ids.filter(({ pattern }) => pattern === gun);
    const wild = ids.filter(({ pattern }) => pattern.endsWith('*') && hasPrefix(gun, pattern));
    const authorities = this.#rules.filter(
      ({ kind, pattern }) => kind === 'ca' && gun.startsWith(pattern),
    );
    return best(exact) ?? best(wild) ?? best(authorities);
  }
}

function hasPrefix(gun: string, pattern: string): boolean {
  return gun.startsWith(pattern.slice(0, -1));
}

async function rootPin(rule: Rule, nowMs: number): Promise<RootPin> {
  if (rule.kind !== 'ca') return { kind: 'ids', ids: rule.ids };
  const authorities = readAuthorities(await readAuthorityFile(rule), rule.file, nowMs);
  return { kind: 'authorities', authorities };
}

/** The longest pattern; of equals `certs` first, then the earliest. Sorting keeps the order of equals. */
function best(rules: readonly Rule[]): Rule | undefined {
  return rules.toSorted(
    (a, b) =>
      b.pattern.length - a.pattern.length ||
      Number(b.kind === 'certs') - Number(a.kind === 'certs'),
  )[0];
}

const members = ['certs', 'root_keys', 'ca', 'disable_tofu'];

function readRules(source: PinSource): readonly Rule[] {
  const { view } = source;
  if (!view.exists || view.isNull) return [];
  for (const [name, member] of view.entries()) {
    if (!members.includes(name)) {
      throw new Failure('CONFIG_INVALID', `${member.path} is not a setting for pins`, {
        remedy: `Use ${members.join(', ')}, in lower case.`,
      });
    }
  }
  const byIds = (['certs', 'root_keys'] as const).flatMap((kind) =>
    entriesOf(view.member(kind)).map(
      ([pattern, ids]): Rule => ({ kind, pattern, ids: readIds(ids), file: '', source }),
    ),
  );
  const byAuthority = entriesOf(view.member('ca')).map(
    ([pattern, file]): Rule => ({
      kind: 'ca',
      pattern,
      ids: new Set(),
      file: file.string(),
      source,
    }),
  );
  return [...byIds, ...byAuthority];
}

function readIds(view: JsonView): ReadonlySet<string> {
  const ids = view.list().map((item) => {
    const id = item.string().toLowerCase();
    return hexId.test(id) ? id : item.fail('is not an id of 64 hexadecimal digits');
  });
  return ids.length > 0 ? new Set(ids) : view.fail('lists no id');
}

function disablesFirstUse(view: JsonView): boolean {
  if (!view.exists || view.isNull) return false;
  const setting = view.member('disable_tofu');
  return setting.exists && !setting.isNull && setting.boolean();
}

function entriesOf(view: JsonView): readonly (readonly [string, JsonView])[] {
  return view.exists && !view.isNull ? view.entries() : [];
}

/**
 * The CA file beside the configuration, as notary documents it, else in the working directory, where
 * notary really looks: beside the configuration comes first, as the other may belong to anybody.
 */
async function readAuthorityFile({ file, source }: Rule): Promise<Buffer> {
  const places = isAbsolute(file)
    ? [file]
    : [join(source.directory, file), join(source.workingDirectory, file)];
  for (const place of places) {
    const bytes = await readAuthorityAt(place);
    if (bytes !== undefined) return bytes;
  }
  throw new Failure('CONFIG_INVALID', `could not load root cert from CA path ${file}`, {
    facts: { 'looked at': places.join(', ') },
  });
}

async function readAuthorityAt(place: string): Promise<Buffer | undefined> {
  try {
    return await readStored(place, maxAuthorityBytes);
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `could not load root cert from CA path ${place}`, {
      cause,
    });
  }
}
