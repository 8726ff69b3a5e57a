import { describe, expect, it } from '@jest/globals';
import { Collector } from './collector.ts';
import { Marks } from './marks.ts';
import { sampleMessage, sampleSection } from './rows.fixture.ts';

const row = (sourceOffset: number, sourcePartition = 0) => ({ sourceOffset, sourcePartition });

describe('the collector', () => {
  it('keeps the rows above their marks and counts the others', () => {
    const collector = new Collector(5, Marks.of([[0, 0, 10]]));
    expect(collector.add(sampleMessage(5, [row(9), row(10), row(11), row(3, 1)])).seen).toBe(2);
    expect([...collector.upTo(6)[0]!.kept]).toEqual([2, 3]);
  });

  it('drops what is handed off again, also when the second try is cut differently', () => {
    const collector = new Collector(0, Marks.none);
    collector.add(sampleMessage(0, [row(1), row(2)]));
    collector.add(sampleMessage(1, [row(1), row(2), row(3)]));
    expect([...collector.upTo(2)[1]!.kept]).toEqual([2]);
  });

  it('compares all sections of a message with the marks before it, so that none loses rows to another', () => {
    const collector = new Collector(0, Marks.of([[0, 0, 2]]));
    const sections = [sampleSection([row(2), row(4), row(6)], 'f1'), sampleSection([row(1), row(3), row(5)], 'f3')];
    expect(collector.add({ offset: 0, sections })).toEqual({ rows: 6, seen: 2 });
    expect(collector.upTo(1).map(({ kept }) => [...kept])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(collector.marksAt(1).at(0, 0)).toBe(6);
  });

  it('drops rows that come again with another version', () => {
    const collector = new Collector(0, Marks.none);
    collector.add({ offset: 0, sections: [sampleSection([row(1), row(3)], 'f1'), sampleSection([row(2)], 'f3')] });
    expect(collector.add(sampleMessage(1, [row(1), row(2), row(3), row(4)], 'f3'))).toEqual({ rows: 4, seen: 3 });
  });

  it('never cuts within a message', () => {
    const collector = new Collector(0, Marks.none);
    for (const offset of [0, 1]) {
      const sections = [sampleSection([row(2 * offset)], 'f1'), sampleSection([row(2 * offset + 1)], 'f3')];
      collector.add({ offset, sections });
    }
    expect(collector.cutOffset({ cutBytesMax: 1, objectsPerRegistrationMax: 100 })).toBe(1);
    expect(collector.upTo(1)).toHaveLength(2);
    collector.advance(1);
    expect([collector.upTo(2).length, collector.bytes]).toEqual([2, 200]);
  });

  it('ignores a message that was collected before', () => {
    const collector = new Collector(0, Marks.none);
    collector.add(sampleMessage(0, [row(1)]));
    collector.add(sampleMessage(0, [row(1)]));
    expect(collector.next).toBe(1);
    expect(collector.bytes).toBe(100);
  });

  it('refuses to step over a hole', () => {
    const collector = new Collector(0, Marks.none);
    expect(() => collector.add(sampleMessage(1, [row(1)]))).toThrow(/expected offset 0, found 1/);
  });

  it('tells the marks at a cut, not those of messages collected since', () => {
    const collector = new Collector(0, Marks.none);
    collector.add(sampleMessage(0, [row(1)]));
    collector.add(sampleMessage(1, [row(2)]));
    collector.add(sampleMessage(2, [row(3)]));
    expect(collector.marksAt(2).at(0, 0)).toBe(2);
    expect(collector.marks.at(0, 0)).toBe(-1);
  });

  it('forgets what was committed and nothing else', () => {
    const collector = new Collector(0, Marks.none);
    collector.add(sampleMessage(0, [row(1)]));
    collector.add(sampleMessage(1, [row(2)]));
    collector.advance(1);
    expect([collector.from, collector.next, collector.bytes]).toEqual([1, 2, 100]);
    expect(collector.marks.at(0, 0)).toBe(1);
    expect(collector.upTo(2).map((message) => message.offset)).toEqual([1]);
  });

  it('cuts behind the first message that reaches a limit, however much is here', () => {
    const collector = new Collector(10, Marks.none);
    for (let at = 0; at < 5; at++) collector.add(sampleMessage(10 + at, [{ sourceOffset: at, time: at * 86_400_000 }]));
    const cut = (cutBytesMax: number, objectsPerRegistrationMax: number) =>
      collector.cutOffset({ cutBytesMax, objectsPerRegistrationMax });
    expect(cut(1_000, 100)).toBe(15);
    expect(cut(250, 100)).toBe(13);
    expect(cut(1, 100)).toBe(11);
    expect(cut(1_000, 2)).toBe(13);
  });

  it('counts the objects of the registration that would have the most', () => {
    const collector = new Collector(0, Marks.none);
    const day = 86_400_000;
    const a = [1, 2, 3].map((at) => ({ sourceOffset: at, registration: 'a', time: at * day }));
    collector.add(sampleMessage(0, [...a, { sourceOffset: 4, registration: 'b', time: day }]));
    expect(collector.objectsOfOneRegistration).toBe(3);
    collector.advance(1);
    expect(collector.objectsOfOneRegistration).toBe(0);
  });
});
