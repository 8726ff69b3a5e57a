import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import parseLicence from 'spdx-expression-parse';
import { type InstalledPackage, idOf } from './installed-packages.ts';

/** Where a bill of materials lies in its bundle. */
export const sbomFile = 'sbom.cdx.json';

/** What a bill of materials is of. */
export interface SbomSubject {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly InstalledPackage[];
  /** `sha512-<base64>` of a package's archive by `name@version`, as the lockfile has it. */
  readonly integrity: ReadonlyMap<string, string>;
}

/** The package URL of a package of npm. */
export const purlOf = ({ name, version }: Pick<InstalledPackage, 'name' | 'version'>) =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

const builder = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  new Contrib.License.Factories.LicenseFactory(parseLicence),
);

/**
 * A CycloneDX 1.6 bill of materials in JSON: each package with its licence, its archive's SHA-512 and what it needs. The
 * same packages always make the same bytes, so it has neither a time nor a serial number.
 */
export function sbomOf({ name, version, packages, integrity }: SbomSubject): string {
  const components = new Map(packages.map((one) => [idOf(one), componentOf(one, integrity.get(idOf(one)))]));
  for (const one of packages)
    for (const need of one.needs) components.get(idOf(one))!.dependencies.add(components.get(need)!.bomRef);
  const subject = new Models.Component(Enums.ComponentType.Application, `tributary/${name}`, {
    bomRef: `tributary/${name}@${version}`,
    version,
    dependencies: new Models.BomRefRepository(
      packages.filter(({ isOurs }) => isOurs).map((one) => components.get(idOf(one))!.bomRef),
    ),
  });
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: subject }),
    components: new Models.ComponentRepository(components.values()),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function componentOf(one: InstalledPackage, integrity: string | undefined): Models.Component {
  const made = builder.makeComponent(one.manifest as never) ?? undefined;
  if (made === undefined) throw new Error(`The package.json of ${idOf(one)} names no package.`);
  made.version = one.version;
  made.purl = purlOf(one);
  made.bomRef.value = purlOf(one);
  const [algorithm, digest] = integrity?.split('-') ?? [];
  if (algorithm === 'sha512')
    made.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(digest!, 'base64').toString('hex'));
  return made;
}
