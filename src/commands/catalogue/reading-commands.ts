import { type CommandDraft, PARAM_FAILURE, PARAM_SHAPE } from './command-definition.js';

const POSITION_SHAPE = 'position';
/** The FT platform writes LAT and LON, asset trackers break the line before the time. Which values there are depends on the fix. */
const POSITION = String.raw`^GPS:\s*\S(?=.*\bSat:)(?=.*\bLat:)(?=.*\bLong?:)|^(?:WARNING!?\s*)?GPS Data not Available`;

/** Commands that ask and change nothing. All of them are in the TFT100's list. */
export const READING_COMMANDS: readonly CommandDraft[] = [
  {
    command: 'getinfo',
    notes: 'Clock, uptime, counters. Its GPS field is 2 with a fix on newer firmware, 3 on older; not the numbers of AVL id 69.',
    success: String.raw`^(?=.*\bRTC:\s*\S)(?=.*\b(?:GPS|GNSS):\s*\S)(?=.*\bSAT:\s*\S)`,
    examples: [
      'INI:2019/7/22 7:22 RTC:2019/7/22 7:53 RST:2 ERR:1 SR:0 BR:0 CF:0 FG:0 FL:0 TU:0/0 UT:0 SMS:0 NOGPS:0:30 GPS:1 SAT:0 RS:3 RF:65 SF:1 MD:0',
      'RTC:2017/6/16 7:13 Init:2017/6/16 5:44 UpTime:4744s PWR:PwrVoltage RST:0 GPS:2 SAT:0 TTFF:0 TTLF:0 NOGPS: 1:18 SR:0 FG:200 FL:0 SMS: 3 REC:42 MD:1 DB:0',
      'INI:2013/10/11 8:44 RTC:2013/10/11 8:59 RST:1 ERR:0 SR:0 BR:0 CF:0 FG:0 FL:0 UT:0 SMS:1 NOGPS:0:14 GPS:2 SAT:0 RS:3 MD:4 RF:0',
      'RTC:2017/1/9 14:13 GPS:1 SAT:0',
      'RTC:2023-05-30T12:11 Init:2023-05-30T11:33 UpTime:2282s PWR:1 GNSS:3 SAT:41 SR:11 SMS:0 REC:8 MD:1 TTFF:1532 TTLF:627 RST:4 NOGPS:5:42 FG:2 FL:1',
      'RTC:N/A Init:N/A UpTime:N/A PWR:N/A GNSS:N/A SAT:N/A SR:N/A SMS:N/A REC:N/A MD:N/A TTFF:N/A TTLF:N/A RST:N/A NOGPS:N/A FG:N/A FL:N/A',
    ],
  },
  {
    command: 'getver',
    notes: 'Firmware, hardware, IMEI: the way to learn which model it is.',
    success: String.raw`^(?:App |Code )?Ver:\s*\S(?=.*\bIMEI:\s*(?:\d{15}\b|N/A))`,
    examples: [
      'Ver:02.00.01_06 GPS:AXN_3.80_3333_16070400,0000,, Hw:TFT100 Mod:1 IMEI:352094000000000 Init: 2017-6-16 5:54 Uptime: 16574 MAC:002E43912EF7 SPC:0(0) AXL:0 OBD:0 BL:1.6 BT:4',
      'Ver:03.18.14_04 GPS:AXN_5.10_3333 Hw:FMB120 Mod:15 IMEI:352093081452251 Init:2018-11-22 7:13 Uptime:17234 MAC:60BDD0016261 SPC:1(0) AXL:0 OBD:0 BL:1.6 BT:4',
      'App Ver:01.00.17 Rev:01 Modem Ver:TM25Q_D_01.00.00.00_010 GPS Ver:AXN_3.82_3333_1Hw Ver:FMB0_MOD2_A0:B0:C1:D0 Device IMEI:352094080000950',
      'Code Ver:01.06.14 Rev:00 Device IMEI:350612000000008 Device ID:000001 BL Ver:01.06 Modem APP Ver:Hybrid',
    ],
  },
  {
    command: 'getstatus',
    notes: 'Modem and network. SIM 0: ready; NetType 0: 3G, 1: 2G, 2: 4G, 3: Cat-M1, 4: NB-IoT, 99: unknown.',
    success: String.raw`^Data Link:\s*\S(?=.*\bOP:)(?=.*\bCell ID:)`,
    examples: [
      'Data Link: 0 GPRS: 1 Phone: 0 SIM: 0 OP: 24602 Signal: 5 NewSMS: 0 Roaming: 0 SMSFull: 0 LAC: 1 Cell ID: 3055 NetType: 3 FwUpd:0',
      'Data Link: 1(33) GPRS: 1(0) Phone: 0 SIM: 0 OP: 21407 Signal: 2 NewSMS: 0 Roaming: 1 SMSFull: 0 LAC: 3005 Cell ID: 4852 Network Type: 1 SIM2',
      'Data Link: 1 GPRS: 1 Phone: 1 SIM: 0 OP: 24602 Signal: 5 NewSMS: 0 Roaming: 0 SMSFull: 0 LAC: 115 Cell ID: 1361430 NetType: 2 FwUpd: 65536',
      'Data Link: 0 GPRS: 1 Phone: 0 SIM: 0 OP: 24602 Signal: 5 NewSMS: 0 Roaming: 0 SMSFull: 0 LAC: 1 Cell ID: 3055',
    ],
  },
  {
    command: 'getgps',
    notes: 'Position. GPS:0 means that it is not valid. Dates have no leading zeros, years two digits or four.',
    replyShape: POSITION_SHAPE,
    success: POSITION,
    examples: [
      'GPS:1 Sat:0 Lat:54.666042 Long:25.225031 Alt:0 Speed:0 Dir:0 Date: 2017/6/16 Time: 12:52:30',
      'GPS:1 Sat:7 Lat:54.71473 Long:25.30304 Alt:147 Speed:0 Dir:77 Date: 2007/8/24 Time: 13:4:36',
      'GPS:1 Sat:0 Lat:54.666042 Long:25.225031 Alt:0 Speed:0 Dir:0 Date: 17/1/9 Time: 12:52:30',
      'GPS:1 Sat:10 LAT:9.9839 LON:9.9839 ALT:9.9839 Speed:10 Dir:10 Date:2023-04-03 Time:12:32:06',
      'GPS:1 Sat:0 Lat:54.666042 Lon:25.225031 Alt:0 Speed:0 Dir:0 Date: 2017/6/16\r\nTime: 12:52:30\r\n',
      'WARNING! GPS Data not Available. Clock not Synchronized',
    ],
  },
  {
    command: 'ggps',
    notes: 'Position with a link to a map. That there is no fix is an answer too, as GPS:0 is one to getgps.',
    replyShape: POSITION_SHAPE,
    success: String.raw`^D:\s*\S(?=.*\bT:)(?=.*\bS:)(?=.*\bC:)(?=.*\bUrl:)|${POSITION}`,
    examples: [
      'D:17/1/9 T:12:52:30 S:0.00 C:54.666042, 25.225032 Url: http://maps.google.com/?q=54.666042,25.225032&om=1speed:0',
      'D:2013/7/4 T:0:0:0 S:0 C:0, 0 Url: http://maps.google.com/?q=0,0&om=1speed:0',
      'GPS Data not Available. No GPS signal',
      'WARNING! GPS Data not Available. Clock not Synchronized',
    ],
  },
  {
    command: 'getio',
    notes: 'Inputs and outputs; which ones depends on the hardware. The best way to see what setdigout did.',
    success: String.raw`^DI\d*:\s*\S+\s+(?:DI|AIN|DO)\d*:`,
    failure: '^No IO available for this HW',
    examples: [
      'DI1:1 DI2:0 DI3:0 AIN1:0 AIN2:16924 DO1:0 DO2:1',
      'DI1:0 AIN1:0 DO1:0',
      'DI1:0 DI2:0 DI3:0 AIN:0.0611 DO1:0 DO2:0',
      'No IO available for this HW',
    ],
  },
  {
    command: 'readio',
    syntax: 'readio <AVL id>',
    notes: 'The value of one IO element. Answers in the words of getparam.',
    replyShape: PARAM_SHAPE,
    success: String.raw`^(?:Param|I/?O) ID:\s*(\d+)\s+Value:`,
    failure: String.raw`^Not supported or not enabled IO element requested|${PARAM_FAILURE}`,
    discriminator: 'id',
    examples: [
      'Param ID:239 Value:0',
      'Param ID:3 Value:0',
      'I/O ID:3 Value:0',
      'Not supported or not enabled IO element requested',
    ],
  },
  {
    command: 'battery',
    notes: 'Battery and supply voltage, in mV.',
    success: String.raw`^BatState:\s*\S(?=.*\bExtV:)(?=.*\bBatV:)`,
    examples: [
      'BatState: 1 FSMState: ACTIVE ChargerIC: OFF ExtV: 11796 BatV: 3942 BatI: 0',
      'BatState: n/a FSMState: active ChargerIC: OFF ExtV: 11796 BatV:3942 BatI: 0',
    ],
  },
  {
    command: 'getimeiccid',
    syntax: 'getimeiccid [phone]',
    success: String.raw`^IMEI:\s*(?:\d{15}\b|N/A)(?=.*\bCCID:)`,
    examples: ['IMEI: 358480084593450, CCID: 8937002180500123456'],
  },
];
