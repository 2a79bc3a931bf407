// The value of a list flag: one record of comma-separated values, quoted where a value holds a comma, as Go's
// encoding/csv reads it. Go counts columns in bytes.

export type CsvRecord =
  | { readonly kind: 'fields'; readonly fields: readonly string[] }
  | { readonly kind: 'wrong'; readonly message: string };

const bareQuote = 'bare " in non-quoted-field';
const strayQuote = 'extraneous or missing " in quoted-field';

/** The first record of `text`; lines after it are not looked at. */
export function readCsvRecord(text: string): CsvRecord {
  // One character a byte.
  return new RecordReader(Buffer.from(text).toString('latin1')).read();
}

class RecordReader {
  #rest: string;
  /** What is left of the current line, with its line feed. */
  #line = '';
  #lineNumber = 0;
  #column = 1;
  #startLine = 0;

  constructor(bytes: string) {
    this.#rest = bytes;
  }

  read(): CsvRecord {
    do {
      if (this.#rest === '') return { kind: 'wrong', message: 'EOF' };
      this.#nextLine();
    } while (this.#line === '\n');
    this.#startLine = this.#lineNumber;
    const fields: string[] = [];
    for (;;) {
      const field = this.#line.startsWith('"') ? this.#quoted() : this.#plain();
      if (typeof field === 'object') return field;
      fields.push(Buffer.from(field, 'latin1').toString());
      if (!this.#line.startsWith(',')) return { kind: 'fields', fields };
      this.#skip(1);
    }
  }

  #plain(): string | CsvRecord {
    const [field = ''] = /^[^,\n]*/.exec(this.#line) ?? [];
    const quote = field.indexOf('"');
    if (quote >= 0) return this.#wrong(this.#column + quote, bareQuote);
    this.#skip(field.length);
    return field;
  }

  #quoted(): string | CsvRecord {
    let field = '';
    this.#skip(1);
    for (;;) {
      const quote = this.#line.indexOf('"');
      if (quote >= 0) {
        field += this.#line.slice(0, quote);
        this.#skip(quote + 1);
        if (this.#line === '' || /^[,\n]/.test(this.#line)) return field;
        if (!this.#line.startsWith('"')) return this.#wrong(this.#column - 1, strayQuote);
        field += '"';
        this.#skip(1);
      } else {
        field += this.#line;
        this.#skip(this.#line.length);
        if (this.#rest === '') return this.#wrong(this.#column, strayQuote);
        this.#nextLine();
      }
    }
  }

  #nextLine(): void {
    const [line = ''] = /^[^\n]*\n?/.exec(this.#rest) ?? [];
    this.#rest = this.#rest.slice(line.length);
    this.#line = line.replace(/\r\n$/, '\n').replace(/\r$/, '');
    this.#lineNumber += 1;
    this.#column = 1;
  }

  #skip(count: number): void {
    this.#line = this.#line.slice(count);
    this.#column += count;
  }

  #wrong(column: number, what: string): CsvRecord {
    const place = `parse error on line ${this.#lineNumber}, column ${column}: ${what}`;
    const message =
      this.#startLine === this.#lineNumber ? place : `record on line ${this.#startLine}; ${place}`;
    return { kind: 'wrong', message };
  }
}
