// Many questions, one round trip: whoever asks while an earlier question is under way is answered by the next one
// sent, together with all who wait by then; who asks the same is asked for once.
//
// Invariants:
// - an answer never comes from a statement that was sent before its question was asked. So nobody misses what was
//   committed before they asked;
// - nobody fails because of what others asked along: the questions of a statement that failed are asked again, each alone;
// - answers that are known to be large do not add up in one statement.

/** Statements under way at once, from one kind of question: one more is waiting on the wire while one is answered. */
const usualUnderWay = 2;
/** Questions in one statement: bounds how long the answer takes to read. */
const maxAtOnce = 200;

export interface LookupLimits<Question> {
  /** Statements under way at once. */
  readonly maxUnderWay?: number;
  /** Bytes that the answers to one statement may have together; one question is sent however large its answer is. */
  readonly maxBytes?: number;
  /** How many bytes the answer will have. */
  readonly bytesOf?: (question: Question) => number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly answer: Promise<Answer | undefined>;
  readonly resolve: (answer: Answer | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export class SharedLookups<Question, Answer> {
  readonly #lookUp: (questions: readonly Question[]) => Promise<readonly (Answer | undefined)[]>;
  /** By key, in the order of arrival. */
  readonly #waiting = new Map<string, Waiting<Question, Answer>>();
  readonly #limits: Required<LookupLimits<Question>>;
  #underWay = 0;

  /** @param lookUp answers in the order of its questions */
  constructor(
    lookUp: (questions: readonly Question[]) => Promise<readonly (Answer | undefined)[]>,
    limits: LookupLimits<Question> = {},
  ) {
    this.#lookUp = lookUp;
    const unlimited = { maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 };
    this.#limits = { maxUnderWay: usualUnderWay, ...unlimited, ...limits };
  }

  /** @param key equal for equal questions only */
  ask(key: string, question: Question): Promise<Answer | undefined> {
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.answer;
    const { promise, resolve, reject } = withResolvers<Answer | undefined>();
    this.#waiting.set(key, { question, answer: promise, resolve, reject });
    // Once all requests of this turn of the event loop have asked.
    if (this.#waiting.size === 1) setImmediate(() => this.#send());
    return promise;
  }

  #send(): void {
    while (this.#underWay < this.#limits.maxUnderWay && this.#waiting.size > 0) {
      void this.#answer(this.#takeNext());
    }
  }

  /** Those who wait longest, as many as one statement may have. */
  #takeNext(): readonly Waiting<Question, Answer>[] {
    const { maxBytes, bytesOf } = this.#limits;
    const taken: Waiting<Question, Answer>[] = [];
    let bytes = 0;
    for (const [key, waiting] of this.#waiting) {
      bytes += bytesOf(waiting.question);
      const isFull = taken.length === maxAtOnce || bytes > maxBytes;
      if (isFull && taken.length > 0) break;
      taken.push(waiting);
      this.#waiting.delete(key);
    }
    return taken;
  }

  async #answer(sent: readonly Waiting<Question, Answer>[]): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#ask(sent);
    } finally {
      this.#underWay -= 1;
      this.#send();
    }
  }

  async #ask(sent: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#lookUp(sent.map(({ question }) => question));
      for (const [at, { resolve }] of sent.entries()) resolve(answers[at]);
    } catch (error) {
      if (sent.length > 1) await Promise.all(sent.map((one) => this.#ask([one])));
      else for (const { reject } of sent) reject(error);
    }
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
