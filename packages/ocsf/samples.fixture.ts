/**
 * Believable activities of three operating systems, as a producer sends them in JSON: 64-bit numbers as text. Made for
 * tests; the shapes follow the producer's published field list, and nothing in them was recorded.
 */
import type { EventClass } from '@tributary/schemas/event-classes.ts';

/** A time that every sample lies near, ms since the epoch: 2026-11-20T10:00:00Z. */
export const sampleTime = 1_795_168_800_000;

type Raw = Readonly<Record<string, unknown>>;

const common: Raw = {
  accountId: '012345678901',
  eventTime: String(sampleTime),
  logReceivedTime: String(sampleTime + 1500),
  firstSeen: String(sampleTime),
  lastSeen: String(sampleTime),
  productCode: 'sds',
  pname: '2200',
  pver: '1.2.0.5960',
  plang: 1,
  pplat: 5889,
  eventSourceType: 1,
  eventHashId: '-8406473586387535914',
  filterRiskLevel: 'low',
  tags: ['MITREV9.T1059.003', 'XSAE.F2924'],
  timezone: 'UTC-05:00',
};

const windows: Raw = {
  ...common,
  endpointGuid: '0f5b1a2e-7c3d-4e8f-9a6b-1c2d3e4f5a6b',
  endpointHostName: 'WIN-APP-07',
  endpointIp: ['fe80::1c2d:3e4f', '10.20.30.40', '127.0.0.1'],
  endpointMacAddress: ['0a:1b:2c:3d:4e:5f', '0-0-0-0-0-0-0-e0'],
  osName: 'Windows',
  osVer: '10.0.20348',
  osType: '0x00000030',
  osDescription: 'Windows Server 2022 (64 bit) build 20348',
  logonUser: ['Administrator'],
  userDomain: ['CORP'],
  cloudProvider: 'aws',
  awsAccountId: '210987654321',
  instanceId: 'i-01234567890abcdef',
  vpcId: 'vpc-01234567890abcdef',
  regionId: 'US East (N. Virginia)',
  processPid: 4312,
  processName: 'C:\\Windows\\System32\\cmd.exe',
  processFilePath: 'C:\\Windows\\System32\\cmd.exe',
  processCmd: 'cmd.exe /c "deploy.bat über"',
  processUser: 'SYSTEM',
  processUserDomain: 'NT AUTHORITY',
  processLaunchTime: String(sampleTime - 60_000),
  processHashId: '-7291293652695135564',
  processFileHashMd5: '7ac47235c7bb452a03d3afd872f44c9e',
  processFileHashSha1: 'ded3833f145989fd86c1f4811b61497298ebc7fd',
  processFileHashSha256: '39109eef00821658893b45634fe2f4664f880da9242712df907f1327d4ceefb8',
  processFileSize: '289792',
  processFileCreation: '1652131848000',
  processFileModifiedTime: '1652131848000',
  processFileOwnerName: 'NT SERVICE\\TrustedInstaller',
  processSigner: ['Microsoft Windows'],
  processSignerValid: [1],
  processTrueType: 7,
  sessionId: 0,
  integrityLevel: 16384,
  parentPid: 976,
  parentName: 'services.exe',
  parentFilePath: 'c:\\windows\\system32\\services.exe',
  parentCmd: 'C:\\Windows\\system32\\services.exe',
  parentUser: 'SYSTEM',
  parentUserDomain: 'NT AUTHORITY',
  parentLaunchTime: '0',
  parentHashId: '-865367326691173681',
  parentFileHashSha256: 'dfbea9e8c316d9bc118b454b0c722cd674c30d0a256340200e2c3a7480cba674',
  parentFileSize: '714856',
};

const linux: Raw = {
  ...common,
  endpointGuid: '5d0e8e7c-1111-4222-8333-944455556666',
  endpointHostName: 'ip-172-31-5-9.ec2.internal',
  endpointIp: ['172.31.5.9'],
  endpointMacAddress: ['02:42:ac:11:00:02'],
  osName: 'Linux',
  osVer: 'Amazon Linux 2',
  osDescription: 'Amazon Linux 2 (64 bit) (5.4.188-104.359.amzn2.x86_64)',
  timezone: 'UTC+00:00',
  filterRiskLevel: 'info',
  cloudProvider: '',
  logonUser: ['root', 'ec2-user'],
  processPid: 2201,
  processName: '/usr/bin/bash',
  processFilePath: '/usr/bin/bash',
  processCmd: '-bash',
  processUser: 'root',
  processLaunchTime: sampleTime - 5000,
  processHashId: '7114696589795796819',
  processFileHashSha256: '49fa3e206abf6a1f4546417dbe09f3f06b38847866a4a66de75bd90f39cb6c1c',
  processFileSize: '964544',
  processFileOwnerName: 'root',
  processFileGroupName: 'root',
  parentPid: 1,
  parentName: '/usr/lib/systemd/systemd',
  parentFilePath: '/usr/lib/systemd/systemd',
  parentCmd: '/usr/lib/systemd/systemd --system',
  parentUser: 'root',
  parentLaunchTime: String(sampleTime - 86_400_000),
};

const macos: Raw = {
  ...common,
  endpointGuid: 'a6b1c2d3-e4f5-4a6b-8c7d-0e1f2a3b4c5d',
  endpointHostName: 'MacBook-Pro-de-Ana',
  endpointIp: ['192.168.1.7', 'fd00::7'],
  endpointMacAddress: ['a4:83:e7:01:02:03'],
  osName: 'macOS',
  osVer: '14.5',
  osDescription: 'macOS 14.5',
  timezone: 'UTC+05:30',
  processPid: 611,
  processName: '/usr/libexec/xpcproxy',
  processFilePath: '/usr/libexec/xpcproxy',
  processCmd: 'xpcproxy com.apple.mdworker',
  processUser: 'ana',
  processHashId: '-5015325378148567246',
  processSigner: ['Software Signing;Apple Code Signing Certification Authority;Apple Root CA;'],
  processSignerValid: [true],
  parentPid: 1,
  parentName: 'launchd',
  parentFilePath: '/sbin/launchd',
  parentUser: 'root',
};

const subIds: Readonly<Record<EventClass, readonly number[]>> = {
  'process-activity': [1, 2, 3, 4, 5, 6, 7, 8],
  'file-activity': [101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113],
  'network-activity': [201, 202, 203, 204],
  'dns-activity': [301],
  'registry-value-activity': [401, 402, 403, 404, 405, 406, 407, 408],
  'account-change-audit': [501, 502, 503, 504, 505, 506],
};

const eventIds: Readonly<Record<EventClass, number>> = {
  'process-activity': 1,
  'file-activity': 2,
  'network-activity': 3,
  'dns-activity': 4,
  'registry-value-activity': 5,
  'account-change-audit': 6,
};

/** What each class has beside the endpoint and the acting process, by operating system. */
const own: Readonly<Record<EventClass, Readonly<Partial<Record<'windows' | 'linux' | 'macos', Raw>>>>> = {
  'process-activity': {
    windows: {
      objectPid: 5120,
      objectName: 'C:\\Windows\\System32\\net.exe',
      objectFilePath: 'C:\\Windows\\System32\\net.exe',
      objectCmd: 'net user backdoor /add',
      objectUser: 'SYSTEM',
      objectUserDomain: 'NT AUTHORITY',
      objectLaunchTime: String(sampleTime),
      objectProcessHashId: '1415699552492662761',
      objectFileHashMd5: 'cd10cb894be2128fca0bf0e2b0c27c16',
      objectFileHashSha1: '1f912d4bec338ef10b7c9f19976286f8acc4eb97',
      objectFileHashSha256: 'f3feb95e7bcfb0766a694d93fca29eda7e2ca977c2395b4be75242814eb6d881',
      objectFileSize: '59456',
      objectSessionId: '0',
      objectIntegrityLevel: 12288,
      objectSigner: ['Microsoft Windows'],
      objectSignerValid: [1],
      objectRunAsLocalAccount: 0,
    },
    linux: {
      objectPid: 2250,
      objectName: '/usr/bin/wc',
      objectFilePath: '/usr/bin/wc',
      objectCmd: 'wc -l',
      objectUser: 'oracle',
      objectUserGroup: 'dba',
      objectLaunchTime: String(sampleTime),
      objectHashId: '8576474808125313522',
    },
    macos: {
      objectPid: 700,
      objectFilePath: '/bin/zsh',
      objectCmd: 'zsh',
      objectUser: 'ana',
      objectUserGroup: 'staff',
    },
  },
  'file-activity': {
    windows: {
      objectFilePath: 'C:\\Users\\Public\\report.docx',
      objectName: 'report.docx',
      objectFileHashSha256: '0969321ad5a0923f0f03896ad2c10e49290515c44b721d773942a37f62a24893',
      objectFileSize: '2048',
      objectCurrentFileSize: '1024',
      objectFileCreation: '1648279273000',
      objectFileModifiedTime: '1648279273000',
      objectFileOwnerName: 'BUILTIN\\Administrators',
      objectFileIsRemoteAccess: false,
      srcFilePath: 'C:\\Users\\Public\\draft.docx',
      srcFileSize: '2048',
      srcFileOwnerName: 'BUILTIN\\Administrators',
    },
    linux: {
      objectFilePath: '/etc/cron.d/backup',
      objectFileSize: 60,
      objectFileOwnerName: 'root',
      objectFileGroupName: 'root',
      objectPosixPermission: 1050112,
      objectCurrentPosixPermission: 1050180,
      srcFilePath: '/tmp/backup.new',
    },
    macos: { objectFilePath: '/Users/ana/Library/LaunchAgents/x.plist', objectFileOwnerName: 'ana' },
  },
  'network-activity': {
    windows: { src: '10.20.30.40', spt: 50123, dst: '93.184.216.34', dpt: 443, proto: 1, hostName: 'example.com' },
    linux: { src: '172.31.5.9', spt: 41000, dst: '2001:db8::5', dpt: 53, proto: 2, objectIps: ['2001:db8::5'] },
    macos: { src: '::', spt: 8080, dst: '::', dpt: 0, proto: 1, requestMethod: 'GET', status: 200 },
  },
  'dns-activity': {
    windows: { hostName: 'settings-win.data.microsoft.com', objectIps: ['20.73.194.208', '::ffff:10.10.10.10'] },
    linux: { hostName: '_ldap._tcp.example.com.' },
    macos: { hostName: 'wpad', objectIps: ['fd00::1'] },
  },
  'registry-value-activity': {
    windows: {
      objectRegistryKeyHandle: 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters',
      objectRegistryValue: 'threadingmodel',
      objectRegistryData: '{11111111-1111-1111-1111-111111111111}',
      objectRegType: 1,
      objectRegistryRoot: 3,
    },
  },
  'account-change-audit': {
    windows: { objectUser: 'backdoor', objectUserDomain: 'WIN-APP-07', objectUserGroup: 'Administrators' },
    linux: { objectUser: 'oracle', objectUserGroup: 'dba', objectLoginOutSourceAddress: '10.0.0.9' },
    macos: { objectUser: 'guest', objectUserGroup: 'staff' },
  },
};

/** One sample of every sub id of `eventClass`, on each operating system that has the class. */
export function sampleActivities(eventClass: EventClass): Raw[] {
  const systems = { windows, linux, macos };
  return (Object.keys(own[eventClass]) as (keyof typeof systems)[]).flatMap((system, at) =>
    subIds[eventClass].map((eventSubId) => ({
      ...systems[system],
      ...own[eventClass][system],
      eventId: eventIds[eventClass],
      eventSubId,
      eventTime: String(sampleTime + at * 1000 + eventSubId),
      uuid: `00000000-0000-4000-8000-${String(at).padStart(4, '0')}${String(eventSubId).padStart(8, '0')}`,
    })),
  );
}
