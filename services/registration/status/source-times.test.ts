import { describe, expect, it } from '@jest/globals';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import type { CommittedOffset } from '@tributary/stream';
import { arrivalSlack, handedOffThrough } from './source-times.ts';

const askedAt = 1_000_000;
const slack = { clockSkewMs: 10, appendHiddenMs: 100 };
const present = askedAt - 111;

/** A partition with its log's start and end, and what was committed. */
type Given = readonly [low: number, high: number, offset?: number, appended?: number | string];

function through(...partitions: readonly Given[]): number | undefined {
  const committed = partitions.flatMap(([, , offset, appended], partition): [number, CommittedOffset][] => {
    if (offset === undefined) return [];
    return [
      [
        partition,
        { offset, metadata: typeof appended === 'number' ? encodeSourceProgress(appended) : (appended ?? '') },
      ],
    ];
  });
  const ends = partitions.map(([low, high], partition) => ({ partition, low, high }));
  return handedOffThrough({ committed: new Map(committed), ends, askedAt }, slack);
}

describe('what consumers have handed off', () => {
  it.each<[string, number | undefined, readonly Given[]]>([
    [
      'is_the_present_where_every_partition_is_handed_off',
      present,
      [
        [0, 5, 5, 900_000],
        [0, 9, 9, 800_000],
      ],
    ],
    [
      'is_the_present_where_nothing_ever_arrived',
      present,
      [
        [0, 0],
        [0, 0],
      ],
    ],
    ['is_the_present_where_retention_emptied_what_nobody_reads', present, [[7, 7]]],
    [
      'is_held_back_by_the_partition_that_is_furthest_behind',
      699_989,
      [
        [0, 5, 4, 800_000],
        [0, 9, 3, 700_000],
        [0, 0],
      ],
    ],
    [
      'is_not_held_back_by_an_idle_partition',
      799_989,
      [
        [0, 5, 4, 800_000],
        [0, 9, 9, 1_000],
      ],
    ],
    ['is_the_newest_committed_time_where_that_is_later_than_the_present', 999_989, [[0, 5, 5, 1_000_000]]],
    [
      'is_unknown_where_nobody_committed_a_partition_with_events',
      undefined,
      [
        [0, 5, 5, 1],
        [0, 1],
      ],
    ],
    ['is_unknown_behind_a_commit_of_another_tool', undefined, [[0, 5, 4, 'by hand']]],
    ['is_the_present_at_the_end_also_after_a_commit_of_another_tool', present, [[0, 5, 5, 'by hand']]],
    ['is_unknown_where_the_topic_was_made_anew', undefined, [[0, 5, 6, 800_000]]],
    ['is_unknown_where_retention_took_events', undefined, [[4, 5, 3, 800_000]]],
    ['is_unknown_of_a_topic_without_partitions', undefined, []],
  ])('%s', (_, expected, partitions) => {
    expect(through(...partitions)).toBe(expected);
  });

  it('allows_for_the_time_in_which_kafka_hides_a_record_from_readers', () => {
    expect(arrivalSlack.appendHiddenMs).toBeGreaterThanOrEqual(30_000);
  });
});
