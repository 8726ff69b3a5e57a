import { describe, expect, it } from '@jest/globals';
import { judgeAnswer } from './registry-answer.ts';

const codeOf = (status: number, body: unknown): string => {
  try {
    judgeAnswer(status, typeof body === 'string' ? body : JSON.stringify(body));
    return 'a schema';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the answer to a look-up', () => {
  it('is_a_schema_only_when_it_holds_one', () => {
    expect(codeOf(200, { schema: '"long"' })).toBe('a schema');
    for (const body of ['<html>sign in</html>', {}, [], null, '', '{"schema":"{\\"type', { schema: 7 }])
      expect(codeOf(200, body)).toBe('schema-registry-unavailable');
    expect(codeOf(302, { schema: '"long"' })).toBe('schema-registry-unavailable');
  });

  it('is_about_the_id_only_when_the_registry_itself_says_so', () => {
    const refusals = [
      [404, 40403],
      [400, 400],
      [422, 42202],
    ] as const;
    for (const [status, code] of refusals)
      expect(codeOf(status, { error_code: code, message: 'no' })).toBe('unknown-schema-id');
    for (const [status, body] of [
      [404, { message: 'no route matched' }],
      [404, { error_code: 404, message: 'HTTP 404 Not Found' }],
      [404, '<html>'],
      [400, 'connect ECONNREFUSED'],
      [400, { error_code: 'bad' }],
      [401, { error_code: 40101, message: 'Unauthorized' }],
      [429, { error_code: 42901 }],
      [500, { error_code: 50001 }],
      [500, null],
    ] as const)
      expect(codeOf(status, body)).toBe('schema-registry-unavailable');
  });
});
