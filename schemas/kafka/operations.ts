import type { OcsfVersion, RegistrationId } from '../registration.ts';

/** Offsets `from` up to (not including) `to` of one partition of an agent topic. */
export interface SourceSpan {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** A part of a replay that is delivered as a whole: its objects are named after the plan and its number. */
export interface ReplayRange {
  /** What is read, in this order. */
  readonly spans: readonly SourceSpan[];
  /** How many events of the registration lie there. */
  readonly rows: number;
  /** SHA-256 over them as the plan's `digestOf` says, lower-case hex: another set of events never goes under the same names. */
  readonly digest: string;
  /** How many objects they make. */
  readonly objects: number;
}

/**
 * What a replay sends, stored before anything is put: whoever goes on with it makes the same objects of the same rows
 * under the same names.
 */
export interface ReplayPlan {
  readonly kind: 'replay-planned';
  /** 16 random hex digits. */
  readonly id: string;
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly ocsfVersion: OcsfVersion;
  readonly schemaFingerprint: string;
  /** Events that arrived (were appended to the agent topic) from here on, ms since the epoch … */
  readonly from: number;
  /** … up to, not including, here. */
  readonly to: number;
  /** Rows of an object at most. */
  readonly partRows: number;
  /**
   * What the ranges' digests are taken of: positions with event times, because the offsets of a topic that was made anew come
   * again. Absent in plans of earlier releases: positions alone.
   */
  readonly digestOf?: 'positions-and-times';
  /** What was allowed when it was planned; the bytes are those of the events as they arrived. */
  readonly limits: { readonly rows: number; readonly bytes: number };
  readonly rows: number;
  readonly bytes: number;
  readonly ranges: readonly ReplayRange[];
  /** Ms since the epoch. */
  readonly at: number;
  readonly operator: string;
}

/** The objects of range number `range` are in the lake, and their receipts are written. */
export interface ReplayedRange {
  readonly kind: 'replay-delivered';
  readonly id: string;
  readonly range: number;
  /** Objects that this run created; the others were there already. */
  readonly created: number;
  readonly at: number;
}

/** A rejected event was produced to its agent topic again: one transaction has both, so each stands for the other. */
export interface Requeued {
  readonly kind: 'requeued';
  /** Where the rejected event came from, by `eventPosition`. */
  readonly event: string;
  /** SHA-256 of its bytes, lower-case hex; marks of earlier releases have none. */
  readonly digest?: string;
  readonly at: number;
  readonly operator: string;
}

/** A record of the topic `operations`: what operators set going, and how far it has come. Its key is the plan's id or the event. */
export type Operation = ReplayPlan | ReplayedRange | Requeued;

const kinds: readonly Operation['kind'][] = ['replay-planned', 'replay-delivered', 'requeued'];

/** The record's key and value. */
export function encodeOperation(operation: Operation): { readonly key: string; readonly value: string } {
  return { key: operation.kind === 'requeued' ? operation.event : operation.id, value: JSON.stringify(operation) };
}

/** The operation that a record's value holds. Throws for anything else: what can't be read may have been done. */
export function decodeOperation(value: string): Operation {
  const operation = JSON.parse(value) as Operation;
  if (kinds.includes(operation.kind)) return operation;
  throw new Error(`an operation of the kind ${JSON.stringify(operation.kind)} is of a later release`);
}
