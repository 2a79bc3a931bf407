// A thread that reads one URL again and again over several connections, one request at a time on each.
// It is the hot loop of the benchmark: no promise, no parsing beyond the first answer of a connection; but
// every answer must begin with status 200 and have the length of the first one.
import type { Socket } from 'node:net';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { dialler, getRequest, readHead } from './http-connection.ts';
import { percentile } from './latencies.ts';
import { type ReadPlan, type ReadReport, readPlan } from './read-plan.ts';

const okay = Buffer.from('HTTP/1.1 200 ');

class Reader {
  readonly #plan: ReadPlan;
  readonly #request: Buffer;
  readonly #dial: (onReady: () => void) => Socket;
  readonly #latenciesMs: number[] = [];
  #isCounting = false;
  #hasEnded = false;
  #answerBytes = 0;
  #begunMs = 0;
  #utilization: EventLoopUtilization | undefined;

  constructor(plan: ReadPlan) {
    this.#plan = plan;
    this.#request = getRequest(plan.path);
    this.#dial = dialler({ port: plan.port, ca: plan.ca });
  }

  run(): void {
    for (let count = 0; count < this.#plan.connections; count += 1) this.#open();
    setTimeout(() => this.#begin(), this.#plan.warmUpMs);
  }

  #begin(): void {
    this.#isCounting = true;
    this.#begunMs = performance.now();
    this.#utilization = performance.eventLoopUtilization();
    say({ state: 'begun' });
    setTimeout(() => this.#end(), this.#plan.measureMs);
  }

  #end(): void {
    this.#hasEnded = true;
    const seconds = (performance.now() - this.#begunMs) / 1000;
    const { utilization: busy } = performance.eventLoopUtilization(this.#utilization);
    const requests = this.#latenciesMs.length;
    const p50Ms = percentile(this.#latenciesMs, 0.5);
    const p99Ms = percentile(this.#latenciesMs, 0.99);
    say({ state: 'ended', tally: { requests, seconds, busy, p50Ms, p99Ms } });
  }

  #open(): void {
    let sentMs = performance.now();
    let arrived = 0;
    let first: Buffer | undefined;
    const socket = this.#dial(() => socket.write(this.#request));
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      if (!this.#hasEnded) throw error;
    });
    socket.on('data', (chunk: Buffer) => {
      first = first === undefined || arrived < okay.length ? join(first, chunk) : first;
      arrived += chunk.length;
      if (this.#answerBytes === 0) this.#answerBytes = readHead(first)?.total ?? 0;
      if (this.#answerBytes === 0 || arrived < this.#answerBytes) return;
      this.#check(first, arrived);
      if (this.#isCounting) this.#latenciesMs.push(performance.now() - sentMs);
      if (this.#hasEnded || this.#plan.isFresh) {
        socket.destroy();
        if (!this.#hasEnded) this.#open();
        return;
      }
      arrived = 0;
      first = undefined;
      sentMs = performance.now();
      socket.write(this.#request);
    });
  }

  #check(first: Buffer, arrived: number): void {
    if (arrived === this.#answerBytes && first.subarray(0, okay.length).equals(okay)) return;
    throw new Error(`an answer that is not like the others:\n${first.toString('latin1')}`);
  }
}

function join(before: Buffer | undefined, chunk: Buffer): Buffer {
  return before === undefined ? chunk : Buffer.concat([before, chunk]);
}

function say(report: ReadReport): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(report);
}

new Reader(v.parse(readPlan, workerData)).run();
