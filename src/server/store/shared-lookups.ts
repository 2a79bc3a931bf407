// Many questions, one round trip: whoever asks while an earlier question is under way is answered by the next one
// sent, together with all who wait by then; who asks the same is asked for once.
//
// Invariant: an answer never comes from a statement that was sent before its question was asked. So nobody misses what was
// committed before they asked.

/** Statements under way at once, from one kind of question: one more is waiting on the wire while one is answered. */
const maxUnderWay = 2;
/** Questions in one statement: bounds how long the answer takes to read. */
const maxAtOnce = 200;

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
  #underWay = 0;

  /** @param lookUp answers in the order of its questions */
  constructor(
    lookUp: (questions: readonly Question[]) => Promise<readonly (Answer | undefined)[]>,
  ) {
    this.#lookUp = lookUp;
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
    while (this.#underWay < maxUnderWay && this.#waiting.size > 0) {
      const sent = [...this.#waiting].slice(0, maxAtOnce);
      for (const [key] of sent) this.#waiting.delete(key);
      void this.#answer(sent.map(([, waiting]) => waiting));
    }
  }

  async #answer(sent: readonly Waiting<Question, Answer>[]): Promise<void> {
    this.#underWay += 1;
    try {
      const answers = await this.#lookUp(sent.map(({ question }) => question));
      for (const [at, { resolve }] of sent.entries()) resolve(answers[at]);
    } catch (error) {
      for (const { reject } of sent) reject(error);
    } finally {
      this.#underWay -= 1;
      this.#send();
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
