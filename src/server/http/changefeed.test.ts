import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorBody, HttpScene } from '../../../test/server/http-scene.ts';

let scene: HttpScene;
beforeEach(async () => {
  scene = await HttpScene.published();
  for (let version = 2; version <= 4; version += 1) {
    scene.sim.publishTargets();
    await scene.upload('targets');
  }
});
afterEach(() => scene.close());

async function ids(query: string, path = `/v2/${scene.gun}/_trust/changefeed`): Promise<string[]> {
  const answer = await scene.ask(`${path}?${query}`);
  const page = JSON.parse(answer.text) as { count: number; records: { ID: string }[] };
  expect(page.count).toBe(page.records.length);
  return page.records.map((record) => record.ID);
}

describe('changefeed', () => {
  it('lists changes as Go writes them', async () => {
    const answer = await scene.ask(`/v2/${scene.gun}/_trust/changefeed?records=1`);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text).toMatch(
      new RegExp(
        `^\\{"count":1,"records":\\[\\{"ID":"1","CreatedAt":"2026-11-25T00:00:00Z","GUN":"${scene.gun}",` +
          '"Version":1,"SHA256":"[0-9a-f]{64}","Category":"update"\\}\\]\\}$',
      ),
    );
  });

  it('pages as Go does', async () => {
    expect(await ids('records=0')).toEqual(['1', '2', '3', '4']);
    expect(await ids('records=2')).toEqual(['1', '2']);
    expect(await ids('records=2&change_id=2')).toEqual(['3', '4']);
    expect(await ids('records=2&change_id=')).toEqual(['1', '2']);
    expect(await ids('records=-2&change_id=4')).toEqual(['2', '3']);
    expect(await ids('records=2&change_id=-1')).toEqual(['3', '4']);
    expect(await ids('records=-1')).toEqual(['4']);
    expect(await ids('records=%2B1')).toEqual(['1']);
    expect(await ids('records=5&change_id=99')).toEqual([]);
    expect(await ids('records=2147483647')).toHaveLength(4);
  });

  it('covers all repositories, or one', async () => {
    expect(await ids('records=9', '/v2/_trust/changefeed')).toHaveLength(4);
    expect(await ids('records=9', '/v2/other/_trust/changefeed')).toEqual([]);
    await scene.ask(scene.tuf(''), { method: 'DELETE' });
    const answer = await scene.ask('/v2/_trust/changefeed?records=1&change_id=-1');
    expect(answer.text).toContain('"Version":0,"SHA256":"","Category":"deletion"');
  });

  it('says in the words of Go what is wrong with the parameters', async () => {
    const problems = [
      ['', 'invalid records parameter: strconv.ParseInt: parsing "": invalid syntax'],
      ['records=x', 'invalid records parameter: strconv.ParseInt: parsing "x": invalid syntax'],
      ['records=1.5', 'invalid records parameter: strconv.ParseInt: parsing "1.5": invalid syntax'],
      [
        'records=99999999999',
        'invalid records parameter: strconv.ParseInt: parsing "99999999999": value out of range',
      ],
      ['records=3&change_id=u', {}],
      ['records=3&change_id=99999999999', {}],
    ] as const;
    for (const [query, detail] of problems) {
      const answer = await scene.ask(`/v2/_trust/changefeed?${query}`);
      expect([answer.status, answer.text]).toEqual([
        400,
        errorBody('INVALID_PARAMETERS', 'The parameters provided are not valid.', detail),
      ]);
    }
  });
});
