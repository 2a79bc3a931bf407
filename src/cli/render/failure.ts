// An error as people and programs read it: what happened, to what, its code; the facts; what it can mean;
// what to do; what other programs call it. Every piece may hold text of a stranger and is escaped here.
import type { Failure } from '../../errors.ts';
import { Failure as FailureClass } from '../../errors.ts';
import { inOwnWords } from './own-words.ts';
import { safe, safeLines } from './safe-text.ts';
import { widestLine, wrap } from './wrap.ts';

export interface FailureStyle {
  /** Characters that fit on a line. */
  readonly width?: number;
  /** Marks the first word on a terminal. */
  readonly emphasis?: (text: string) => string;
}

/** A chain of causes is short in practice; more than this only repeats itself. */
const maxCauses = 4;
/** A terminal that says it is narrower than this does not know its width. */
const narrowestLine = 40;
/** How OpenSSL words its errors, which tells people nothing that ours does not. */
const opensslWords = /(?:^|:)error:[0-9A-F]{8}:/;
/** Facts begin at the same column, at least this far in. */
const minLabelWidth = 8;
/** The words of the Go programs, for people who search for them, stand last whatever they came with. */
const goWords = /(?:^|\s)(notary and docker say: [^\n]*)$/;

/** @param subject what the command was working on; left out when the message names it */
export function failureText(failure: Failure, subject?: string, style: FailureStyle = {}): string {
  const width = lineWidth(style.width);
  const named = subject !== undefined && !failure.message.includes(subject);
  const what = safe(named ? `${subject}: ${failure.message}` : failure.message);
  const emphasis = style.emphasis ?? ((text) => text);
  const meaning = failure.meaning ?? '';
  const lines = [
    `${emphasis('error:')} ${what} [${failure.code}]`,
    ...factLines(failure.facts),
    ...causesOf(failure).map((cause) => `  cause: ${safe(cause)}`),
    ...paragraph(meaning.replace(goWords, ''), width),
    ...paragraph(inOwnWords(failure.remedy), width),
    ...paragraph(goWords.exec(meaning)?.[1] ?? '', width),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as data, with stable keys. */
export function failureJson(failure: Failure, subject?: string): Readonly<Record<string, unknown>> {
  return {
    code: failure.code,
    exit: failure.exit,
    ...(subject === undefined ? {} : { subject }),
    message: failure.message,
    facts: failure.facts,
    ...(failure.meaning === undefined ? {} : { meaning: failure.meaning }),
    remedy: inOwnWords(failure.remedy),
    causes: causesOf(failure),
  };
}

function lineWidth(wanted: number | undefined): number {
  return wanted === undefined || wanted < narrowestLine ? widestLine : Math.min(wanted, widestLine);
}

function factLines(facts: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(facts);
  const longest = Math.max(minLabelWidth, ...entries.map(([label]) => safe(label).length));
  return entries.map(([label, value]) => `  ${safe(label).padEnd(longest)}  ${safe(value)}`);
}

function paragraph(text: string, width: number): readonly string[] {
  return text.trim() === '' ? [] : wrap(safeLines(text), width, '  ');
}

/**
 * Messages of causes that add something. A Failure inside a Failure of the same code is the same
 * thing seen from closer; a message that the one around it or a fact quotes has been said.
 */
function causesOf(failure: Failure): readonly string[] {
  const causes: string[] = [];
  let around = failure.message;
  let cause: unknown = failure.cause;
  for (let depth = 0; depth < maxCauses && cause instanceof Error; depth += 1) {
    const { message } = cause;
    const isSame = cause instanceof FailureClass && cause.code === failure.code;
    const isSaid = [around, ...Object.values(failure.facts)].some((said) => said.includes(message));
    if (!isSame && !isSaid && !opensslWords.test(message)) causes.push(message);
    around = message;
    cause = cause.cause;
  }
  return causes;
}
