// The tags of one targets file: name to digest, length and custom member.
//
// A file may list 100,000 tags of which a reader wants one, so entries stay in the bytes in which they were
// signed, and this table holds only where they stand. Every entry is nevertheless read and judged when the
// table is made: an entry in the plain form that Go writes by a matcher, any other by the JSON reader.
// Names come from the publisher: they may be `__proto__`, and are never used as property names.
import { canonicalJson, canonicalString, compareUtf8 } from '../encoding/canonical-json.ts';
import { JsonScanner, type StringSpan } from '../encoding/json-scanner.ts';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';
import { type FileMeta, fileMetaJson, parseFileMeta } from './file-meta.ts';
import { matchPlainTarget } from './plain-target.ts';
import { SpanList } from './span-list.ts';

/** What a tag stands for. docker writes sha256 and the length of the manifest, and no custom member. */
export type Target = FileMeta;

/** Tags in one file: ten times what makes other programs slow. */
const maxTargets = 1_000_000;

export class TargetTable {
  readonly #bytes: Buffer;
  readonly #spans: SpanList;
  /** Only where names are escaped or out of order, so that they cannot be found by bisection. */
  readonly #byName: ReadonlyMap<string, number> | undefined;
  /** True when Go would write every entry back exactly as it stands. */
  readonly #isVerbatim: boolean;

  private constructor(
    bytes: Buffer,
    spans: SpanList,
    byName: ReadonlyMap<string, number> | undefined,
    isVerbatim: boolean,
  ) {
    this.#bytes = bytes;
    this.#spans = spans;
    this.#byName = byName;
    this.#isVerbatim = isVerbatim;
  }

  static empty(): TargetTable {
    return new TargetTable(Buffer.from('{}'), new SpanList(), undefined, true);
  }

  /** Reads the object at the scanner's place. @throws Failure JSON_INVALID, METADATA_INVALID */
  static read(scanner: JsonScanner): TargetTable {
    const outerCanonical = scanner.isCanonical;
    scanner.beginCanonical();
    const spans = new SpanList();
    let isSorted = true;
    let isPlain = true;
    let previous: StringSpan | undefined;
    scanner.readMemberSpans((name) => {
      const start = scanner.at;
      const end = matchPlainTarget(scanner.bytes, start);
      if (end > 0) scanner.at = end;
      else isPlain = readOtherTarget(scanner, name) && isPlain;
      if (spans.length === maxTargets) scanner.fail(`more than ${maxTargets} tags`);
      spans.add(name.start, name.end, start, scanner.at);
      if (name.escaped || (previous !== undefined && scanner.compareSpans(previous, name) >= 0)) {
        isSorted = false;
      }
      previous = name;
    });
    if (!isSorted) scanner.notCanonical();
    const byName = isSorted ? undefined : indexNames(scanner, spans);
    const isVerbatim = scanner.isCanonical && isPlain;
    if (!outerCanonical) scanner.notCanonical();
    return new TargetTable(scanner.bytes, spans, byName, isVerbatim);
  }

  get size(): number {
    return this.#spans.length;
  }

  /** The entry of exactly that name. */
  get(name: string): Target | undefined {
    const index =
      this.#byName === undefined ? this.#bisect(Buffer.from(name)) : this.#byName.get(name);
    return index === undefined || index < 0 ? undefined : this.#targetAt(index);
  }

  *entries(): Generator<readonly [string, Target]> {
    for (let index = 0; index < this.size; index += 1) {
      yield [this.#nameAt(index), this.#targetAt(index)];
    }
  }

  /**
   * A table with some entries set, or removed where the value is undefined. Untouched entries are carried
   * over byte for byte.
   * @throws Failure METADATA_INVALID for a name with control characters: Go could not write it
   */
  with(changes: ReadonlyMap<string, Target | undefined>): TargetTable {
    const changed = [...changes].sort(([a], [b]) => compareUtf8(a, b));
    const pieces = this.#isVerbatim ? this.#splice(changed) : this.#rebuild(changes);
    const text = Buffer.concat([...joinPieces(pieces)]);
    return TargetTable.read(new JsonScanner(text));
  }

  /** The table in canonical form, braces included, as Go would write it back. */
  canonicalBytes(): Buffer {
    const pieces = this.#isVerbatim ? this.#splice([]) : this.#rebuild(new Map());
    return Buffer.concat([...joinPieces(pieces)]);
  }

  *#splice(changed: readonly (readonly [string, Target | undefined])[]): Generator<Buffer> {
    let from = 0;
    for (const [name, target] of changed) {
      const wanted = Buffer.from(name);
      const found = this.#bisect(wanted);
      const at = found < 0 ? -found - 1 : found;
      if (at > from) yield this.#run(from, at);
      if (target !== undefined) yield entryBytes(name, target);
      from = found < 0 ? at : at + 1;
    }
    if (this.size > from) yield this.#run(from, this.size);
  }

  *#rebuild(changes: ReadonlyMap<string, Target | undefined>): Generator<Buffer> {
    const all = new Map<string, Target | undefined>([...this.entries(), ...changes]);
    for (const [name, target] of [...all].sort(([a], [b]) => compareUtf8(a, b))) {
      if (target !== undefined) yield entryBytes(name, target);
    }
  }

  /** Entries `from` up to `to` as they stand, commas between them included. */
  #run(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#spans.nameStart(from) - 1, this.#spans.valueEnd(to - 1));
  }

  #nameAt(index: number): string {
    const quoted = this.#bytes.subarray(
      this.#spans.nameStart(index) - 1,
      this.#spans.nameEnd(index) + 1,
    );
    return new JsonView(parseJson(quoted), 'name').string();
  }

  #targetAt(index: number): Target {
    const value = this.#bytes.subarray(this.#spans.valueStart(index), this.#spans.valueEnd(index));
    return parseFileMeta(new JsonView(parseJson(value), 'target', 'METADATA_INVALID'));
  }

  /** The index of `name`, or -1 - where it would be inserted. For sorted, unescaped names. */
  #bisect(name: Buffer): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const spans = this.#spans;
      const order = this.#bytes.compare(
        name,
        0,
        name.length,
        spans.nameStart(middle),
        spans.nameEnd(middle),
      );
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1 - low;
  }
}

/** Reads an entry that is not in the plain form; true when Go would write it back as it stands. */
function readOtherTarget(scanner: JsonScanner, name: StringSpan): boolean {
  const value = scanner.readPassing();
  const path = `targets[${JSON.stringify(scanner.textOf(name))}]`;
  const view = new JsonView(value, path, 'METADATA_INVALID');
  const target = parseFileMeta(view);
  return canonicalJson(fileMetaJson(target)) === canonicalJson(value);
}

function indexNames(scanner: JsonScanner, spans: SpanList): ReadonlyMap<string, number> {
  const byName = new Map<string, number>();
  for (let index = 0; index < spans.length; index += 1) {
    const span = { start: spans.nameStart(index), end: spans.nameEnd(index), escaped: true };
    const name = scanner.textOf(span);
    if (byName.has(name)) scanner.fail(`two members are called ${JSON.stringify(name)}`);
    byName.set(name, index);
  }
  return byName;
}

function entryBytes(name: string, target: Target): Buffer {
  const text = `${canonicalString(name)}:${canonicalJson(fileMetaJson(target))}`;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) < 0x20) {
      throw new Failure(
        'METADATA_INVALID',
        `the tag ${JSON.stringify(name)} or its custom member holds a control character`,
      );
    }
  }
  return Buffer.from(text);
}

function* joinPieces(pieces: Iterable<Buffer>): Generator<Buffer> {
  yield Buffer.from('{');
  let isFirst = true;
  for (const piece of pieces) {
    if (!isFirst) yield Buffer.from(',');
    yield piece;
    isFirst = false;
  }
  yield Buffer.from('}');
}
