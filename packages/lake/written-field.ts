import { DataType, Field, List, Map_, Struct } from 'apache-arrow';

/**
 * The field as it is written: dictionaries spelled out, and the parts of lists and maps named as the Parquet format
 * names them, because readers recognise the 3-level form by these names.
 *
 * Source: Parquet LogicalTypes.md, "Lists" and "Maps": `list.element`, `key_value.key`, `key_value.value`.
 */
export function writtenField(field: Field, name = field.name, nullable = field.nullable): Field {
  return new Field(name, writtenType(field.type), nullable);
}

function writtenType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return writtenType(type.dictionary);
  if (DataType.isList(type)) return new List(writtenField(type.children[0]!, 'element'));
  if (DataType.isStruct(type)) return new Struct(type.children.map((field: Field) => writtenField(field)));
  if (DataType.isMap(type)) {
    const [key, value] = type.children[0]!.type.children as [Field, Field];
    const entry = new Struct([writtenField(key, 'key', false), writtenField(value, 'value')]);
    const map = new Map_(new Field('key_value', entry, false) as never, type.keysSorted);
    // The constructor calls the entries `entries`, whatever they were called.
    Object.assign(map.children[0]!, { name: 'key_value' });
    return map;
  }
  return type;
}
