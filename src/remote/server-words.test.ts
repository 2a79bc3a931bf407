import { describe, expect, it } from 'vitest';
import type { HttpResponse } from './http.ts';
import { isWebPage, serverErrors, serverWords } from './server-words.ts';

const answerOf = (body: string, headers: HttpResponse['headers'] = {}): HttpResponse => ({
  status: 400,
  headers,
  body: Buffer.from(body),
  url: new URL('https://trust.example.com/'),
});

describe('the errors of an answer', () => {
  it("are read in docker's form", () => {
    const body = '{"errors":[{"code":"A","message":"m","detail":{"x":1}},{"code":"B"}]}\n';
    expect(serverErrors(answerOf(body))).toEqual([
      { code: 'A', message: 'm', detail: new Map([['x', 1]]) },
      { code: 'B', message: '', detail: undefined },
    ]);
  });

  it.each([
    '',
    'x',
    '{}',
    '{"errors":{}}',
    '{"errors":[]}',
    '{"errors":["x"]}',
    '{"errors":[{}]}',
    '{"errors":[{"code":7}]}',
    '{"errors":[{"code":"A","code":"B"}]}',
    `{"errors":[${'{"code":"A"},'.repeat(30)}{"code":"A"}]}`,
    `{"errors":[{"code":"A","message":"${'x'.repeat(70_000)}"}]}`,
    '['.repeat(5_000),
  ])('are none in %j', (body) => {
    expect(serverErrors(answerOf(body))).toBeUndefined();
  });
});

describe('the words of an answer', () => {
  it.each([
    ['{"errors":[{"code":"A","message":"one"},{"code":"B"}]}', 'one; B'],
    ['{"details":"incorrect username or password"}', 'incorrect username or password'],
    ['{"error":"invalid_grant","error_description":"expired"}', 'expired'],
    ['{"error":"invalid_grant"}', 'invalid_grant'],
    ['{"message":"busy"}', 'busy'],
    ['{"message":7}', undefined],
    ['plain text', undefined],
    ['{"message":"a\\u001b[31mb"}', 'a\\u{1b}[31mb'],
  ])('of %s are %j', (body, expected) => {
    expect(serverWords(answerOf(body))).toBe(expected);
  });

  it('are withheld when they repeat a secret, in whatever place', () => {
    const withheld = '(withheld: it repeats the login)';
    expect(serverWords(answerOf('{"message":"no geheim"}'), ['geheim'])).toBe(withheld);
    expect(serverWords(answerOf('{"message":"no geh\\u0065im"}'), ['geheim'])).toBe(withheld);
    expect(serverWords(answerOf('{"message":"no"}'), ['geheim', ''])).toBe('no');
  });
});

it.each([
  ['{}', {}, false],
  ['', {}, false],
  ['not found', { 'content-type': 'text/plain' }, false],
  ['<!DOCTYPE html>', {}, true],
  [' \n<?xml?>', {}, true],
  ['{}', { 'content-type': 'Text/HTML; charset=utf-8' }, true],
])('%j with %j is a web page: %s', (body, headers, expected) => {
  expect(isWebPage(answerOf(body, headers))).toBe(expected);
});
