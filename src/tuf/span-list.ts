// Where the entries of a large object stand in its bytes: four offsets an entry, 16 bytes of memory.

const fields = 4;

export class SpanList {
  #offsets = new Uint32Array(16 * fields);
  length = 0;

  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const at = this.length * fields;
    if (at === this.#offsets.length) {
      const grown = new Uint32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[at] = nameStart;
    this.#offsets[at + 1] = nameEnd;
    this.#offsets[at + 2] = valueStart;
    this.#offsets[at + 3] = valueEnd;
    this.length += 1;
  }

  /** First byte of the name of entry `index`, inside its quote. */
  nameStart(index: number): number {
    return this.#offsets[index * fields] ?? 0;
  }

  /** The byte after the name, its closing quote. */
  nameEnd(index: number): number {
    return this.#offsets[index * fields + 1] ?? 0;
  }

  valueStart(index: number): number {
    return this.#offsets[index * fields + 2] ?? 0;
  }

  valueEnd(index: number): number {
    return this.#offsets[index * fields + 3] ?? 0;
  }
}
