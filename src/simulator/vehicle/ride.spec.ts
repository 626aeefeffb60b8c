import { createRandom } from '../random.js';
import { Ride, type TownCentre } from './ride.js';

const HOURS = 3;
/** The radius of the town, and a street that leads out of it. */
const MAX_DISTANCE_M = 5_500;
const METRES_PER_DEGREE = 111_320;

function distanceM({ latitude, longitude }: Ride, centre: TownCentre): number {
  const east = (longitude - centre.longitude) * Math.cos((latitude * Math.PI) / 180);
  return Math.hypot(latitude - centre.latitude, east) * METRES_PER_DEGREE;
}

it.each([
  { latitude: 52.52, longitude: 13.405 },
  { latitude: -33.45, longitude: -70.67 },
])('drives in the town around $latitude, $longitude', (centre) => {
  const ride = new Ride(createRandom(7, 3, 'ride'), centre);
  const metresBefore = ride.totalMetres;
  for (let minute = 0; minute < HOURS * 60; minute++) {
    ride.advance(60);
    expect(distanceM(ride, centre)).toBeLessThan(MAX_DISTANCE_M);
  }
  expect(ride.totalMetres - metresBefore).toBeGreaterThan(MAX_DISTANCE_M);
});
