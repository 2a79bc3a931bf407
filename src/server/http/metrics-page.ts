// What `/metrics` says: the request metrics under Go's names, and what prom-client knows of the process. Loaded
// at the first look, because prom-client is slow to load and a server may never be asked.
import { Counter, collectDefaultMetrics, Registry, Summary } from 'prom-client';
import type { Distribution, OperationMetrics, RequestMetrics } from './request-metrics.ts';

const quantiles = [0.5, 0.9, 0.99];
const prefix = 'notary_server_http';

type Measure = (operation: OperationMetrics) => Distribution;

/** A summary whose numbers were recorded elsewhere. */
class RecordedSummary extends Summary<'operation' | 'quantile'> {
  readonly #metrics: RequestMetrics;
  readonly #measure: Measure;
  readonly #name: string;
  readonly #nowMs: () => number;

  constructor(name: string, help: string, source: RecordedSource) {
    super({ name, help, registers: [] });
    this.#name = name;
    this.#metrics = source.metrics;
    this.#measure = source.measure;
    this.#nowMs = source.nowMs;
  }

  override async get(): ReturnType<Summary<'operation' | 'quantile'>['get']> {
    const values = [...this.#metrics.operations].flatMap(([operation, metrics]) =>
      this.#values(operation, this.#measure(metrics)),
    );
    return { ...(await super.get()), values };
  }

  #values(operation: string, measured: Distribution) {
    const ofQuantile = (quantile: number) => ({
      labels: { operation, quantile },
      value: measured.quantile(quantile, this.#nowMs()) ?? Number.NaN,
      metricName: this.#name,
    });
    return [
      ...quantiles.map(ofQuantile),
      { labels: { operation }, value: measured.sum, metricName: `${this.#name}_sum` },
      { labels: { operation }, value: measured.count, metricName: `${this.#name}_count` },
    ];
  }
}

interface RecordedSource {
  readonly metrics: RequestMetrics;
  readonly measure: Measure;
  readonly nowMs: () => number;
}

export class MetricsPage {
  readonly #registry = new Registry();
  readonly #requests: Counter<'operation' | 'method' | 'code'>;
  readonly #metrics: RequestMetrics;

  constructor(metrics: RequestMetrics, nowMs: () => number) {
    this.#metrics = metrics;
    this.#requests = new Counter({
      name: `${prefix}_requests_total`,
      help: 'Total number of HTTP requests made.',
      labelNames: ['operation', 'method', 'code'],
      registers: [this.#registry],
    });
    const summaries: readonly (readonly [string, string, Measure])[] = [
      [
        'request_duration_microseconds',
        'The HTTP request latencies in microseconds.',
        (of) => of.durationUs,
      ],
      ['request_size_bytes', 'The HTTP request sizes in bytes.', (of) => of.requestBytes],
      ['response_size_bytes', 'The HTTP response sizes in bytes.', (of) => of.responseBytes],
    ];
    for (const [name, help, measure] of summaries) {
      const summary = new RecordedSummary(`${prefix}_${name}`, help, { metrics, measure, nowMs });
      this.#registry.registerMetric(summary);
    }
    collectDefaultMetrics({ register: this.#registry });
  }

  async read(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#requests.reset();
    for (const [operation, { requests }] of this.#metrics.operations) {
      for (const [kind, count] of requests) {
        const [method = '', code = ''] = kind.split(' ');
        this.#requests.inc({ operation, method, code }, count);
      }
    }
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
