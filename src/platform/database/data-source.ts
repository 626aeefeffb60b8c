import { type ColumnType, DataSource, type DataSourceOptions } from 'typeorm';

/** A transaction id. TypeORM has no name for the type; createDataSource lets it accept this one. */
export const XID8 = 'xid8' as ColumnType;

/** A DataSource on which every entity of the gateway can be used. It is not connected. */
export function createDataSource(options: DataSourceOptions): DataSource {
  const dataSource = new DataSource(options);
  if (!dataSource.driver.supportedDataTypes.includes(XID8)) {
    dataSource.driver.supportedDataTypes.push(XID8);
  }
  return dataSource;
}
