// What docker's libraries log on the way: warnings on stderr, as logrus writes them. Each is told once a command, though
// docker repeats them for every read of the metadata.
import type { ClientEvent } from '../../client/events.ts';
import { clientWarning } from '../go-text/client-warnings.ts';
import { logLine } from '../go-text/log-line.ts';
import type { World } from '../world.ts';
import type { DockerCall } from './command.ts';

export class Log {
  readonly #world: World;
  readonly #tells: boolean;
  readonly #startMs: number;
  readonly #told = new Set<string>();

  constructor({ world, globals }: DockerCall) {
    this.#world = world;
    this.#tells = globals.tellsWarnings;
    this.#startMs = world.nowMs();
  }

  event(event: ClientEvent): void {
    const text = clientWarning(event, this.#startMs);
    if (text !== undefined) this.warn(text);
  }

  /** @param text fit to be shown */
  warn(text: string): void {
    if (!this.#tells || this.#told.has(text)) return;
    this.#told.add(text);
    const { stderr, nowMs } = this.#world;
    const secondsSinceStart = Math.floor((nowMs() - this.#startMs) / 1000);
    const style = { isTerminal: stderr.isTTY === true, nowMs: nowMs(), secondsSinceStart };
    stderr.write(logLine('warning', text, style));
  }
}
