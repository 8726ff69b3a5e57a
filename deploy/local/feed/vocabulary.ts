/** What the simulated hosts run, open and ask for. Plain data; `%u` stands for the user, `%n` for a number. */

/** A program: its image, how it is started, and (on Windows and macOS) who signed it. */
export interface Program {
  readonly path: string;
  readonly commands: readonly string[];
  readonly user: 'system' | 'person';
  readonly signer?: string;
}

/** The operating systems of the fleet. */
export type System = 'windows' | 'linux' | 'macos';

/** How one operating system looks to its agent. */
export interface SystemVocabulary {
  readonly osName: string;
  readonly osVer: string;
  readonly osType: string;
  readonly osDescription: string;
  readonly pplat: number;
  readonly root: Program;
  readonly programs: readonly Program[];
  readonly files: readonly string[];
  /** The account that system processes run as, with its domain where there are domains. */
  readonly systemUser: { readonly name: string; readonly domain?: string };
  readonly groups: readonly string[];
}

const microsoft = 'Microsoft Windows';
const apple = 'Software Signing';

/** The vocabulary of each operating system. */
export const systems: Readonly<Record<System, SystemVocabulary>> = {
  windows: {
    osName: 'Windows',
    osVer: '10.0.19044',
    osType: '0x00000030',
    osDescription: 'Windows 10 Pro (64 bit) build 19044',
    pplat: 5889,
    root: {
      path: 'C:\\Windows\\System32\\services.exe',
      commands: ['services.exe'],
      user: 'system',
      signer: microsoft,
    },
    programs: [
      {
        path: 'C:\\Windows\\System32\\svchost.exe',
        commands: [
          'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
          'C:\\Windows\\system32\\svchost.exe -k LocalService -p',
        ],
        user: 'system',
        signer: microsoft,
      },
      { path: 'C:\\Windows\\explorer.exe', commands: ['C:\\Windows\\Explorer.EXE'], user: 'person', signer: microsoft },
      {
        path: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
        commands: [
          'powershell.exe -NoProfile -File C:\\Ops\\inventory-%n.ps1',
          'powershell.exe Get-Service | Sort-Object Status',
        ],
        user: 'person',
        signer: microsoft,
      },
      {
        path: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE',
        commands: ['"EXCEL.EXE" "C:\\Users\\%u\\Documents\\forecast-%n.xlsx"'],
        user: 'person',
        signer: 'Microsoft Corporation',
      },
      {
        path: 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
        commands: ['"chrome.exe" --type=renderer --lang=en --renderer-client-id=%n'],
        user: 'person',
        signer: 'Google LLC',
      },
      {
        path: 'C:\\Windows\\System32\\cmd.exe',
        commands: ['cmd.exe /c whoami /all', 'cmd.exe /c net use'],
        user: 'person',
        signer: microsoft,
      },
    ],
    files: [
      'C:\\Users\\%u\\Documents\\forecast-%n.xlsx',
      'C:\\Users\\%u\\AppData\\Local\\Temp\\~DF%n.tmp',
      'C:\\Windows\\Prefetch\\CHROME.EXE-%n.pf',
      'C:\\ProgramData\\Ops\\log\\agent-%n.log',
      'C:\\Users\\%u\\Téléchargements\\résumé %n.pdf',
    ],
    systemUser: { name: 'SYSTEM', domain: 'NT AUTHORITY' },
    groups: ['Administrators', 'Remote Desktop Users', 'Backup Operators'],
  },
  linux: {
    osName: 'Linux',
    osVer: 'Amazon Linux 2',
    osType: '4',
    osDescription: 'Amazon Linux 2 (64 bit) (5.4.188-104.359.amzn2.x86_64)',
    pplat: 9217,
    root: { path: '/usr/lib/systemd/systemd', commands: ['/usr/lib/systemd/systemd --system'], user: 'system' },
    programs: [
      {
        path: '/usr/bin/bash',
        commands: ['bash -c "df -h | wc -l"', '/usr/bin/bash /opt/ops/rotate.sh %n'],
        user: 'system',
      },
      { path: '/usr/sbin/sshd', commands: ['sshd: %u [priv]'], user: 'system' },
      { path: '/usr/sbin/nginx', commands: ['nginx: worker process'], user: 'system' },
      { path: '/usr/bin/python3.9', commands: ['python3 /srv/app/worker.py --shard %n'], user: 'person' },
      { path: '/usr/bin/curl', commands: ['curl -fsS http://localhost:8080/health'], user: 'person' },
    ],
    files: ['/var/log/nginx/access.log.%n', '/home/%u/.bash_history', '/opt/build-%n/out.o', '/etc/cron.d/rotate-%n'],
    systemUser: { name: 'root' },
    groups: ['wheel', 'docker', 'staff'],
  },
  macos: {
    osName: 'macOS',
    osVer: '12.6.1',
    osType: '0x00000040',
    osDescription: 'macOS 12.6.1 (21G217)',
    pplat: 13313,
    root: { path: '/sbin/launchd', commands: ['/sbin/launchd'], user: 'system', signer: apple },
    programs: [
      { path: '/bin/zsh', commands: ['-zsh', '/bin/zsh /usr/local/bin/backup %n'], user: 'person', signer: apple },
      {
        path: '/System/Applications/Mail.app/Contents/MacOS/Mail',
        commands: ['/System/Applications/Mail.app/Contents/MacOS/Mail'],
        user: 'person',
        signer: apple,
      },
      { path: '/usr/libexec/trustd', commands: ['/usr/libexec/trustd --agent'], user: 'system', signer: apple },
      {
        path: '/usr/bin/git',
        commands: ['git fetch --prune origin', 'git status --porcelain'],
        user: 'person',
        signer: apple,
      },
    ],
    files: [
      '/Users/%u/Documents/notes-%n.md',
      '/Users/%u/Library/Caches/com.apple.Safari/%n.db',
      '/Library/Caches/part-%n',
    ],
    systemUser: { name: 'root' },
    groups: ['admin', 'staff'],
  },
};

/** Registry values as the agents write them: key, value, Windows' number of the type, data. */
export const registryValues: readonly (readonly [key: string, value: string, type: number, data: string])[] = [
  ['HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters', 'DhcpNameServer', 1, '10.0.0.2'],
  ['HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run', 'Updater', 2, '%ProgramFiles%\\Updater\\updater.exe /%n'],
  [
    'HKU\\S-1-5-21-4020993649-1037605423-417876593-1104\\Software\\Microsoft\\Office\\16.0\\Excel',
    'Options',
    4,
    '0x000000%n',
  ],
  [
    'HKLM\\SOFTWARE\\Classes\\CLSID\\{7cd4a68a-50de-4b4f-a6d1-8f2a1d5f9a10}\\InprocServer32',
    'threadingmodel',
    1,
    'Both',
  ],
  ['HKLM\\SYSTEM\\CurrentControlSet\\Services\\W32Time\\SecureTimeLimits', 'SecureTimeHigh', 11, '0x01d68a8f68f7%n'],
];

/** Names that the hosts ask for, and how many addresses answer. */
export const hostNames = [
  'settings-win.data.microsoft.com',
  'wpad',
  'update.example.com',
  'mail.example.org',
  'registry.npm.example',
  'sts.eu-central-1.example.net',
  'xn--bcher-kva.example',
] as const;

/** People, by the name that they log on with. */
export const people = [
  'anna.berg',
  'bjorn.lund',
  'chen.wei',
  'dana.rossi',
  'emeka.obi',
  'fatima.zahra',
  'göran.åkesson',
  'ops-deploy',
] as const;

/** Cloud regions as the agents name them. */
export const cloudRegions = [
  'US East (N. Virginia)',
  'Europe (Frankfurt)',
  'Asia Pacific (Tokyo)',
  'Asia Pacific (Sydney)',
] as const;
