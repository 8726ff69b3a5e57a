import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';

/** Why a field stays in `unmapped`, in the words that the coverage command and the customer's page print. */
export const unmappedReasonTexts = {
  'no-attribute': 'no attribute of OCSF up to 1.3 means this',
  'no-attribute-in-class': 'OCSF has an attribute for it, but not in this class',
  'meaning-not-published': 'the producer publishes no meaning of its values',
  'kept-whole': 'parts of it are in columns; the text is kept whole beside them',
  superseded: 'an older name of what another field says',
  'signature-incomplete': 'OCSF wants a certificate’s issuer, serial number and fingerprints, which agents don’t send',
  'not-the-owners-group': 'the group of a file; OCSF has only the groups of its owner, which may be others',
  'not-certain': 'an attribute may mean this, but the agents’ meaning isn’t certain',
} as const;

/** A reason by its short name. */
export type UnmappedReason = keyof typeof unmappedReasonTexts;

/** One entry for each field that no column carries in any class where it occurs. */
const reasons: Readonly<Partial<Record<AgentFieldName, UnmappedReason>>> = {
  eventHashId: 'not-certain',
  eventSourceType: 'no-attribute',
  simulation: 'no-attribute',
  osType: 'meaning-not-published',
  osDescription: 'kept-whole',
  policyTreePath: 'no-attribute',
  customAssetTags: 'no-attribute',
  platformAssetTags: 'no-attribute',
  pname: 'superseded',
  plang: 'meaning-not-published',
  pplat: 'meaning-not-published',

  processFileGroupName: 'not-the-owners-group',
  processFileOriginalName: 'no-attribute',
  processSigner: 'signature-incomplete',
  processSignerValid: 'signature-incomplete',
  processTrueType: 'meaning-not-published',
  processSubTrueType: 'meaning-not-published',

  parentFileGroupName: 'not-the-owners-group',
  parentFileOriginalName: 'no-attribute',
  parentSigner: 'signature-incomplete',
  parentSignerValid: 'signature-incomplete',
  parentTrueType: 'meaning-not-published',
  parentSubTrueType: 'meaning-not-published',

  objectFirstSeen: 'no-attribute',
  objectLastSeen: 'no-attribute',
  objectFileGroupName: 'not-the-owners-group',
  objectFileOriginalName: 'no-attribute',
  objectSigner: 'signature-incomplete',
  objectSignerValid: 'signature-incomplete',
  objectTrueType: 'meaning-not-published',
  objectSubTrueType: 'meaning-not-published',
  objectRunAsLocalAccount: 'no-attribute',

  objectCurrentFileSize: 'not-certain',
  objectFileIsRemoteAccess: 'no-attribute',
  objectPosixPermission: 'no-attribute',
  objectCurrentPosixPermission: 'no-attribute',
  objectPosixPermissionHashId: 'no-attribute',
  srcHashId: 'not-certain',
  srcFileGroupName: 'not-the-owners-group',
  srcFileIsRemoteAccess: 'no-attribute',
  srcTrueType: 'meaning-not-published',
  srcSubTrueType: 'meaning-not-published',
  srcFirstSeen: 'no-attribute',
  srcLastSeen: 'no-attribute',

  requestMethod: 'no-attribute-in-class',
  objectRegistryRoot: 'meaning-not-published',
  objectLoginOutMetaType: 'meaning-not-published',
  objectLoginOutSessionId: 'no-attribute-in-class',
};

/** The same for fields that another class maps. */
const reasonsByClass: Readonly<Partial<Record<EventClass, Readonly<Partial<Record<AgentFieldName, UnmappedReason>>>>>> =
  {
    // In a process event it identifies the process; of a file there is a hash of its own.
    'file-activity': { objectHashId: 'not-certain' },
    // The addresses of the host name: which of them was connected to is in dst.
    'network-activity': { objectIps: 'not-certain' },
  };

/** Why no column carries `field` in `eventClass`; undefined where one does (it may still keep what that can't hold). */
export function unmappedReason(eventClass: EventClass, field: AgentFieldName): UnmappedReason | undefined {
  return reasonsByClass[eventClass]?.[field] ?? reasons[field];
}
