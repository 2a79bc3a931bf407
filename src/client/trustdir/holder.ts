// Who holds a lock, and whether that process still lives. A process id alone proves nothing: ids are
// used again, and after a reboot or in another container the same id is someone else.
//
// Invariant: a holder is called gone only when this is certain, or when it runs where we cannot look
// and has not been heard of for longer than any operation takes.
import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../../disk/system-error.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';

export interface Holder {
  readonly pid: number;
  /** Clock ticks after boot at which the process started; empty where the system does not tell. */
  readonly startTime: string;
  /** Changes at each boot; empty where the system does not tell. */
  readonly bootId: string;
  /** The machine and the process-id namespace: within one place process ids mean the same. */
  readonly place: string;
  /** Unique for each acquisition. */
  readonly token: string;
}

/** After this long a holder that runs elsewhere (another container or host) is taken to be gone. */
export const elsewherePatienceMs = 10 * 60_000;

/** A lock file without readable content was cut short by a crash; it is believed for this long. */
const damagedPatienceMs = 60_000;

const tokenPattern = /^[0-9a-f-]{36}$/;

/** This process, with a fresh token. */
export async function thisHolder(): Promise<Holder> {
  const [stat, bootId, namespace] = await Promise.all([
    processState(process.pid),
    textOf('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return {
    pid: process.pid,
    startTime: stat?.startTime ?? '',
    bootId,
    place: `${hostname()} ${namespace}`.trim(),
    token: randomUUID(),
  };
}

export function holderBytes(holder: Holder): Buffer {
  return Buffer.from(`${JSON.stringify(holder)}\n`);
}

/** The holder written in a lock file, or undefined when the content was cut short or is not ours. */
export function parseHolder(bytes: Buffer): Holder | undefined {
  try {
    const view = new JsonView(parseJson(bytes), 'lock');
    const token = view.member('token').string();
    if (!tokenPattern.test(token)) return undefined; // it becomes part of a file name
    return {
      pid: view.member('pid').integer(),
      startTime: view.member('startTime').string(),
      bootId: view.member('bootId').string(),
      place: view.member('place').string(),
      token,
    };
  } catch {
    return undefined; // an unreadable claim is judged by its age alone
  }
}

/** Whether `holder` is certainly gone; `self` is this process, `ageMs` the age of the lock file. */
export async function isGone(
  holder: Holder | undefined,
  self: Holder,
  ageMs: number,
): Promise<boolean> {
  if (holder === undefined) return ageMs > damagedPatienceMs;
  if (holder.place !== self.place) return ageMs > elsewherePatienceMs;
  if (holder.bootId !== self.bootId) return true;
  if (!isRunning(holder.pid)) return true;
  const state = await processState(holder.pid);
  if (state === undefined) return false; // it runs, and the system tells no more
  return state.isDead || (holder.startTime !== '' && state.startTime !== holder.startTime);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH'; // EPERM: it runs as another user
  }
}

interface ProcessState {
  readonly startTime: string;
  /** Killed, but not yet reaped by its parent. */
  readonly isDead: boolean;
}

/** Fields 3 and 22 of /proc/PID/stat. The command name before them may hold spaces and parentheses. */
async function processState(pid: number): Promise<ProcessState | undefined> {
  const text = await textOf(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === undefined || startTime === undefined) return undefined;
  return { startTime, isDead: state === 'Z' || state === 'X' };
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => ''); // not Linux, or hidden from us
  return text.trim();
}
