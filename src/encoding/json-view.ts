// Typed reading of a parsed JSON tree that names the path of the fault. Parse, don't cast: untrusted JSON
// becomes a readonly type only through here.
import { type ErrorCode, Failure } from '../errors.ts';
import type { JsonObject, JsonValue } from './json-scanner.ts';

export class JsonView {
  readonly value: JsonValue | undefined;
  /** Where in the document, such as `signed.roles.root`; escaped, so it is safe to show. */
  readonly path: string;
  readonly #code: ErrorCode;

  constructor(value: JsonValue | undefined, path: string, code: ErrorCode = 'JSON_INVALID') {
    this.value = value;
    this.path = path;
    this.#code = code;
  }

  get exists(): boolean {
    return this.value !== undefined;
  }

  get isNull(): boolean {
    return this.value === null;
  }

  /** The member of that exact name; a view of nothing when it is missing. */
  member(name: string): JsonView {
    return new JsonView(this.object().get(name), `${this.path}.${name}`, this.#code);
  }

  string(): string {
    return typeof this.value === 'string' ? this.value : this.fail('is not a string');
  }

  /** A whole number that JavaScript holds exactly. */
  integer(): number {
    if (typeof this.value === 'number' && Number.isSafeInteger(this.value)) return this.value;
    return this.fail('is not an integer');
  }

  boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('is not true or false');
  }

  object(): JsonObject {
    return this.value instanceof Map ? this.value : this.fail('is not an object');
  }

  list(): readonly JsonView[] {
    if (!Array.isArray(this.value)) return this.fail('is not a list');
    const items: readonly JsonValue[] = this.value;
    return items.map((item, index) => new JsonView(item, `${this.path}[${index}]`, this.#code));
  }

  entries(): readonly (readonly [string, JsonView])[] {
    return [...this.object()].map(([name, value]) => [
      name,
      new JsonView(value, `${this.path}[${JSON.stringify(name)}]`, this.#code),
    ]);
  }

  /**
   * This object, known to have no member that differs from one of `names` in case alone. Go's decoder matches
   * names without regard to case, so a Go peer would read such a member in place of the real one.
   */
  withNames(...names: readonly string[]): JsonView {
    for (const name of this.object().keys()) {
      if (!names.includes(name) && names.some((known) => known === foldCase(name))) {
        this.fail(`has a member that looks like ${foldCase(name)}`);
      }
    }
    return this;
  }

  fail(problem: string): never {
    throw new Failure(this.#code, `${this.path} ${this.exists ? problem : 'is missing'}`);
  }
}

/** Case folding as Go does it for member names: also U+017F to s and U+212A to k. */
function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}
