// How a push goes, as docker shows it: a line for each thing that happens; on a terminal one line for each layer, which
// is written over. Texts of the engine come escaped already.
import type { PushProgress } from '../../remote/engine.ts';
import type { Output } from '../world.ts';

const barWidth = 30;
/** Lines that are written over must not break, or the count of lines would be wrong. */
const narrowest = 40;
const clearLine = '\u001b[2K\r';

export class PushView {
  readonly #out: Output;
  /** Layers in the order of their lines, from top to bottom; the cursor is below the last. */
  readonly #layers: string[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  show(progress: PushProgress): void {
    if (this.#out.isTTY !== true) this.#showPlain(progress);
    else if (progress.id === '') this.#showBelow(progress.status);
    else this.#showLayer(progress);
  }

  /** Counts of bytes are for terminals alone. */
  #showPlain({ id, status, current }: PushProgress): void {
    if (current !== undefined) return;
    this.#out.write(`${id === '' ? '' : `${id}: `}${status}\n`);
  }

  /** What follows is below all layers, which are not written over any more. */
  #showBelow(status: string): void {
    this.#layers.length = 0;
    this.#out.write(`${status}\n`);
  }

  #showLayer(progress: PushProgress): void {
    const { id } = progress;
    const isNew = !this.#layers.includes(id);
    if (isNew) this.#layers.push(id);
    const up = this.#layers.length - this.#layers.indexOf(id);
    const line = this.#fitted(`${id}: ${progress.status}${barOf(progress)}`);
    if (isNew) this.#out.write(`${line}\n`);
    else this.#out.write(`\u001b[${up}A${clearLine}${line}\u001b[${up}B\r`);
  }

  #fitted(line: string): string {
    const width = Math.max(narrowest, this.#out.columns ?? 80) - 1;
    return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
  }
}

function barOf({ current, total }: PushProgress): string {
  if (current === undefined) return '';
  if (total === undefined || total <= 0) return `  ${megabytes(current)}`;
  const share = Math.min(1, current / total);
  const done = Math.floor(share * barWidth);
  const bar = `${'='.repeat(done)}>`.padEnd(barWidth + 1);
  return `  [${bar}] ${megabytes(current)}/${megabytes(total)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(2)}MB`;
}
