import { type Evidence, type FoundRow, type Verdict, verdictOf } from './verdict.ts';

type Counts = Partial<Pick<Verdict, 'lost' | 'duplicated' | 'misrouted'>>;

interface Spoilt {
  readonly sentence: string;
  readonly evidence: Evidence;
  /** What the checker must find, and nothing else. */
  readonly expected: Counts;
}

/**
 * What the checker would not see in what a run left behind, a sentence each. The run must be clean: its evidence is
 * spoilt in one way after the other, as a loss, a second delivery or a wrong lake would, and judged anew.
 */
export function blindSpots(evidence: Evidence, judge = verdictOf): string[] {
  const object = evidence.rows[0]?.object;
  if (object === undefined) return ['nothing was delivered'];
  return spoiltOf(evidence, object).flatMap(({ sentence, evidence: spoilt, expected }) => {
    const found = judge(spoilt);
    const wanted = { lost: 0, duplicated: 0, misrouted: 0, misjudged: 0, invalid: 0, wentBack: 0, ...expected };
    const blind = Object.entries(wanted).filter(([what, count]) => found[what as keyof typeof wanted] !== count);
    return blind.map(
      ([what, count]) => `${sentence}: ${found[what as keyof typeof wanted]} ${what} instead of ${count}`,
    );
  });
}

function spoiltOf(evidence: Evidence, object: string): Spoilt[] {
  const { rows, logged, sent } = evidence;
  const inIt = rows.filter((row) => row.object === object);
  const others = rows.filter((row) => row.object !== object);
  const count = inIt.length;
  const another = [...sent.values()].find(({ account }) => account !== undefined && account !== inIt[0]!.account);
  const elsewhere = (row: FoundRow) => ({ ...row, account: another?.account ?? '', object: 'another-lake/it' });
  const [{ uuid }] = inIt as [FoundRow];
  const without = { rows: rows.filter((row) => row.uuid !== uuid), logged: logged.filter((row) => row.uuid !== uuid) };
  return [
    { sentence: 'an object removed', evidence: { ...evidence, rows: others }, expected: { lost: count } },
    {
      sentence: 'an object under a second name',
      evidence: { ...evidence, rows: [...rows, ...inIt.map((row) => ({ ...row, object: `${object}.again` }))] },
      expected: { duplicated: count },
    },
    {
      sentence: 'an object created twice',
      evidence: { ...evidence, createdTwice: [object] },
      expected: { duplicated: 1 },
    },
    {
      sentence: "an object in another's lake",
      evidence: { ...evidence, rows: [...others, ...inIt.map(elsewhere)] },
      expected: { lost: count, misrouted: count },
    },
    {
      sentence: "a copy of an object in another's lake",
      evidence: { ...evidence, rows: [...rows, ...inIt.map(elsewhere)] },
      expected: { misrouted: count },
    },
    {
      sentence: 'an acknowledged event that Kafka lacks',
      evidence: { ...evidence, ...without, sent: acknowledged(sent, uuid) },
      expected: { lost: 1 },
    },
  ];
}

const acknowledged = (sent: Evidence['sent'], uuid: string): Evidence['sent'] =>
  new Map([...sent].map(([key, event]) => [key, key === uuid ? { ...event, acknowledged: true } : event]));
