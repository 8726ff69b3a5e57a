import { describe, expect, it } from '@jest/globals';
import {
  baseName,
  extensionOf,
  folderOf,
  ipVersionOf,
  isHex,
  isMac,
  isRoutable,
  macOf,
  mainAddress,
  offsetMinutes,
  withoutStream,
} from './text.ts';

describe('paths', () => {
  it.each([
    ['/usr/bin/bash', 'bash', '/usr/bin'],
    ['/a\\b', 'a\\b', '/'],
    ['C:\\Windows\\cmd.exe', 'cmd.exe', 'C:\\Windows'],
    ['c:/windows/cmd.exe', 'cmd.exe', 'c:/windows'],
    ['\\\\server\\share\\x', 'x', '\\\\server\\share'],
    ['bash', 'bash', undefined],
    ['/usr/', undefined, '/usr'],
  ])('are_split_at_their_own_separator: %s', (path, name, folder) => {
    expect([baseName(path), folderOf(path)]).toEqual([name, folder]);
  });

  it.each([
    ['a.tar.gz', 'gz'],
    ['.bashrc', undefined],
    ['name.', undefined],
    ['name', undefined],
  ])('have_an_extension_after_the_last_dot: %s', (name, extension) => {
    expect(extensionOf(name)).toBe(extension);
  });
});

describe('addresses', () => {
  it.each(['127.0.0.1', '::1', '::', 'fe80::1', '169.254.3.4', '0.0.0.0', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'])(
    'are_not_routable: %s',
    (ip) => expect(isRoutable(ip)).toBe(false),
  );
  it.each(['10.0.0.1', '192.0.2.1', 'fd00::1', '2001:db8::1', '::ffff:10.0.0.1'])('are_routable: %s', (ip) =>
    expect(isRoutable(ip)).toBe(true),
  );
  it('prefer_a_routable_one', () => {
    expect(mainAddress(['nonsense', '127.0.0.1', '10.0.0.1'])).toBe('10.0.0.1');
    expect(mainAddress(['nonsense', '127.0.0.1'])).toBe('127.0.0.1');
    expect(mainAddress(['nonsense'])).toBeUndefined();
    expect(mainAddress(undefined)).toBeUndefined();
  });
  it.each([
    ['0a:1B:2c:3d:4e:5f', true],
    ['0a-1b-2c-3d-4e-5f', true],
    ['0-0-0-0-0-0-0-e0', false],
    ['0a:1b-2c:3d:4e:5f', false],
    ['0a:1b:2c:3d:4e', false],
  ])('mac_%s_is_valid_%s', (mac, valid) => expect(isMac(mac)).toBe(valid));
});

describe('ipVersionOf', () => {
  it.each([
    ['10.0.0.1', 4],
    ['::ffff:10.0.0.1', 4],
    ['2001:db8::5', 6],
    ['::', 6],
    ['x', undefined],
  ])('%s is of version %s', (address, version) => expect(ipVersionOf(address)).toBe(version));
});

describe('withoutStream', () => {
  it.each([
    ['setup.exe:Zone.Identifier', 'setup.exe'],
    ['setup.exe:Zone.Identifier:$DATA', 'setup.exe'],
    ['setup.exe', 'setup.exe'],
    [':x', ':x'],
  ])('%s is %s', (name, file) => expect(withoutStream(name)).toBe(file));
});

describe('macOf', () => {
  it.each([
    ['0a:1B:2c:3d:4e:5f', '0a:1B:2c:3d:4e:5f'],
    ['0a1b2c3d4e5f', '0a:1b:2c:3d:4e:5f'],
    ['0a1b.2c3d.4e5f', '0a:1b:2c:3d:4e:5f'],
    ['a:1b:2c:3:4e:5f', '0a:1b:2c:03:4e:5f'],
    ['0-0-0-0-0-0-0-e0', undefined],
    ['0a1b2c3d4e', undefined],
    ['0a:1b-2c:3d:4e:5f', undefined],
    ['', undefined],
  ])('writes %s as %s', (text, mac) => expect(macOf(text)).toBe(mac));
});

describe('isHex', () => {
  it('wants_exactly_so_many_digits', () => {
    expect([isHex('0aF9', 4), isHex('0aF', 4), isHex('0ag9', 4), isHex(undefined, 4)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('offsetMinutes', () => {
  it.each([
    ['UTC+00:00', 0],
    ['UTC-00:00', 0],
    ['UTC-05:00', -300],
    ['UTC+05:30', 330],
    ['GMT+2', 120],
    ['UTC', 0],
    ['UTC+99:00', undefined],
    ['Europe/Berlin', undefined],
  ])('%s_is_%s_minutes', (text, minutes) => expect(offsetMinutes(text)).toBe(minutes));
});
