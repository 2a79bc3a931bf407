import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricsPage } from './metrics-page.ts';
import { Distribution, RequestMetrics } from './request-metrics.ts';

const minuteMs = 60_000;

describe('distribution', () => {
  it('knows count, sum and quantiles to within a tenth', () => {
    const distribution = new Distribution();
    for (let value = 1; value <= 1000; value += 1) distribution.record(value, 0);
    expect([distribution.count, distribution.sum]).toEqual([1000, 500_500]);
    for (const quantile of [0.5, 0.9, 0.99]) {
      const ratio = (distribution.quantile(quantile, 0) ?? 0) / (quantile * 1000);
      expect(ratio).toBeGreaterThan(0.9);
      expect(ratio).toBeLessThan(1.1);
    }
  });

  it('forgets what is long past, but not the totals', () => {
    const distribution = new Distribution();
    distribution.record(1000, 0);
    distribution.record(10, 6 * minuteMs);
    expect(distribution.quantile(0.99, 6 * minuteMs)).toBeGreaterThan(900);
    expect(distribution.quantile(0.99, 12 * minuteMs)).toBeLessThan(20);
    expect(distribution.quantile(0.99, 60 * minuteMs)).toBeUndefined();
    expect(distribution.count).toBe(2);
  });

  it('takes any number', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true }), (value) => {
        const distribution = new Distribution();
        distribution.record(value, 0);
        expect(distribution.quantile(0.5, 0)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('metrics page', () => {
  it('has Go’s names, also for what was never asked', async () => {
    const metrics = new RequestMetrics();
    const record = {
      method: 'POST',
      status: 400,
      durationUs: 5,
      requestBytes: 7,
      responseBytes: 9,
    };
    metrics.record('UpdateTUF', record, 0);
    metrics.record('UpdateTUF', record, 0);
    metrics.record('Ping', record, 0);
    const { text, contentType } = await new MetricsPage(metrics, () => 0).read();
    expect(contentType).toMatch(/^text\/plain/);
    const lines = text.split('\n');
    expect(lines).toContain('# TYPE notary_server_http_request_duration_microseconds summary');
    expect(lines).toContain(
      'notary_server_http_requests_total{operation="UpdateTUF",method="post",code="400"} 2',
    );
    expect(lines).toContain('notary_server_http_request_size_bytes_sum{operation="UpdateTUF"} 14');
    expect(lines).toContain('notary_server_http_response_size_bytes_count{operation="GetRole"} 0');
    expect(text).toMatch(
      /notary_server_http_request_duration_microseconds\{operation="GetRole",quantile="0.5"\} NaN/i,
    );
    expect(text).not.toContain('Ping');
  });
});
