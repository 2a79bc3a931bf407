// Where a command's words go: results to stdout, everything else to stderr, as text or as JSON.
//
// Invariants: stdout gets results and nothing else; with `--output json` it gets one document, and stderr
// one JSON object a line; colour only on a terminal without NO_COLOR, and never as the only sign.
import type { Failure } from '../../errors.ts';
import type { Output, World } from '../world.ts';
import { failureJson, failureText } from './failure.ts';
import { safeJson } from './safe-text.ts';

const boldRed = (text: string): string => `\u001b[1;31m${text}\u001b[0m`;

export interface ReportSettings {
  readonly format: 'text' | 'json';
  readonly isQuiet: boolean;
}

export class Reporter {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #settings: ReportSettings;
  readonly #hasColour: boolean;

  constructor(world: Pick<World, 'stdout' | 'stderr' | 'env'>, settings: ReportSettings) {
    this.#stdout = world.stdout;
    this.#stderr = world.stderr;
    this.#settings = settings;
    // no-color.org: set to anything but the empty text.
    this.#hasColour = world.stderr.isTTY === true && (world.env['NO_COLOR'] ?? '') === '';
  }

  get isJson(): boolean {
    return this.#settings.format === 'json';
  }

  /** The result: lines for people, or the one document for programs. Lines must be fit to be shown. */
  result(lines: readonly string[], document: object): void {
    if (this.isJson) this.#stdout.write(`${safeJson(document, 2)}\n`);
    else if (lines.length > 0) this.#stdout.write(`${lines.join('\n')}\n`);
  }

  /** One line of a result that comes in pieces; in JSON it waits for `result`. */
  line(line: string): void {
    if (!this.isJson) this.#stdout.write(`${line}\n`);
  }

  /** Something worth knowing that is neither result nor error. Lines must be fit to be shown. */
  notice(lines: readonly string[], data: object): void {
    if (this.#settings.isQuiet) return;
    this.#stderr.write(this.isJson ? `${safeJson({ notice: data })}\n` : `${lines.join('\n')}\n`);
  }

  /** @param subject what was being worked on, such as a repository */
  failure(failure: Failure, subject?: string): void {
    if (this.isJson) {
      this.#stderr.write(`${safeJson({ error: failureJson(failure, subject) })}\n`);
      return;
    }
    const width = this.#stderr.isTTY === true ? this.#stderr.columns : undefined;
    this.#stderr.write(
      failureText(failure, subject, {
        ...(this.#hasColour ? { emphasis: boldRed } : {}),
        ...(width === undefined ? {} : { width }),
      }),
    );
  }
}
