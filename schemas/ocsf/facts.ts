import type { EventClass } from '../event-classes.ts';
import type { OcsfVersion } from '../registration.ts';
import { facts110 } from './1.1.0/facts.ts';
import { facts130 } from './1.3.0/facts.ts';

/**
 * Attributes by name, each as `<type> <requirement>`: an OCSF scalar type (`…_t`) or the name of an object, with `[]`
 * for a list. Only what we write is listed, and what OCSF requires. What the profile cloud requires is optional here: a
 * row lists that profile only where it has the attribute.
 */
export type OcsfAttributes = Readonly<Record<string, string>>;

/** The attributes of an object, and those of which OCSF wants one at least. */
export interface OcsfObjectFacts {
  readonly attributes: OcsfAttributes;
  readonly atLeastOne?: readonly string[];
}

/** What OCSF of one version says about our six classes. */
export interface OcsfVersionFacts {
  readonly classes: Readonly<
    Record<EventClass, { readonly activities: Readonly<Record<number, string>>; readonly attributes: OcsfAttributes }>
  >;
  readonly objects: Readonly<Record<string, OcsfObjectFacts>>;
  /** Captions of an enum by `<object>.<attribute>`, or by the attribute alone where it is of the class. */
  readonly captions: Readonly<Record<string, Readonly<Record<number, string>>>>;
}

/** What OCSF of one version says about one class. */
export interface OcsfClassFacts extends OcsfObjectFacts {
  readonly version: OcsfVersion;
  readonly activities: Readonly<Record<number, string>>;
  readonly objects: OcsfVersionFacts['objects'];
  readonly captions: OcsfVersionFacts['captions'];
}

const versions: Readonly<Record<OcsfVersion, OcsfVersionFacts>> = { '1.1.0': facts110, '1.3.0': facts130 };

/** The facts of the class that `eventClass` becomes in `version`. */
export function classFacts(eventClass: EventClass, version: OcsfVersion): OcsfClassFacts {
  const { classes, objects, captions } = versions[version];
  const { activities, attributes } = classes[eventClass];
  return { version, activities, attributes, objects, captions: { ...captions, activity_id: activities } };
}

export type OcsfRequirement = 'required' | 'recommended' | 'optional';

/** One attribute, read from its notation. */
export interface OcsfAttribute {
  /** `string_t`, …, or the name of an object. */
  readonly type: string;
  readonly list: boolean;
  readonly requirement: OcsfRequirement;
}

/** The attribute `name` of a class or object; throws where the facts don't have it: a fault of ours. */
export function attributeOf(owner: OcsfObjectFacts, name: string): OcsfAttribute {
  const notation = owner.attributes[name];
  const match = /^([a-z_]+)(\[\])? (required|recommended|optional)$/.exec(notation ?? '');
  if (match === null) throw new Error(`no facts about the OCSF attribute ${name}`);
  return { type: match[1]!, list: match[2] !== undefined, requirement: match[3] as OcsfRequirement };
}
