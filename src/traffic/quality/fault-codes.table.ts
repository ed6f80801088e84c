import type { FaultLayer } from '../observations/observation.ts';
import type { DerivedCode, ReportedCode } from './fault-policy.table.ts';

/** What a technician is told about a fault: what it means, and what to do. */
export interface FaultAdvice {
  readonly meaning: string;
  readonly remedy: string;
  readonly chinese: { readonly meaning: string; readonly remedy: string };
}

const CHANNEL: Readonly<Record<ReportedCode | DerivedCode, FaultAdvice>> = {
  'loop-open': {
    meaning: 'The loop circuit is open.',
    remedy:
      'Measure the loop at the cabinet terminals (under 5 Ω); look for a cut feeder or a loose terminal.',
    chinese: {
      meaning: '线圈开路。',
      remedy: '在机柜端子处测量线圈电阻（应小于 5 Ω），检查馈线是否断开、端子是否松动。',
    },
  },
  'loop-short': {
    meaning: 'The loop circuit is shorted.',
    remedy:
      'Disconnect the feeder at the terminals and see whether the fault goes; test the insulation to earth.',
    chinese: { meaning: '线圈短路。', remedy: '断开端子处的馈线，观察故障是否消失，并测量对地绝缘。' },
  },
  'loop-excess-change': {
    meaning: 'The inductance of the loop has jumped further than any vehicle makes it.',
    remedy: 'Look for road works, a damaged joint or water in the feeder; then let the card tune again.',
    chinese: {
      meaning: '线圈电感突变，超过车辆可引起的范围。',
      remedy: '检查道路施工、接头破损或馈线进水，然后让检测卡重新调谐。',
    },
  },
  'loop-fault': {
    meaning: 'The card reports a fault of this loop without saying which.',
    remedy: 'Read the lamps on the card; measure the loop at the terminals; exchange the card for a test.',
    chinese: {
      meaning: '检测卡报告该线圈故障，但未说明原因。',
      remedy: '查看检测卡指示灯，在端子处测量线圈，必要时换卡试验。',
    },
  },
  'register-refused': {
    meaning: 'The card answers, but refuses what it is asked about this loop.',
    remedy:
      'Compare the model on the card with the driver in the site file, and the address with the manual.',
    chinese: {
      meaning: '检测卡有应答，但拒绝读取该线圈的数据。',
      remedy: '核对检测卡型号与站点文件中的驱动，以及说明书中的寄存器地址。',
    },
  },
  'no-hits': {
    meaning: 'No vehicle for longer than this lane explains.',
    remedy: 'Drive over the loop and watch the lamp; raise the sensitivity; is the lane closed?',
    chinese: {
      meaning: '长时间没有检测到车辆。',
      remedy: '驾车驶过线圈并观察指示灯，提高灵敏度；确认该车道是否封闭。',
    },
  },
  chatter: {
    meaning: 'More pulses than vehicles can make.',
    remedy: 'Lower the sensitivity or change the frequency of the channel; look for a loose splice.',
    chinese: { meaning: '脉冲过多，不可能是车辆。', remedy: '降低灵敏度或更换通道频率，检查接头是否松动。' },
  },
  'locked-on': {
    meaning: 'The output stays on for longer than traffic explains.',
    remedy: 'Is a vehicle parked there? Otherwise reset the channel and watch whether it hangs again.',
    chinese: {
      meaning: '输出长时间保持有车状态。',
      remedy: '确认是否有车辆停放；否则复位该通道，观察是否再次卡住。',
    },
  },
  constant: {
    meaning: 'The same occupancy again and again: a figure that is repeated, not measured.',
    remedy: 'Restart the device; see whether its own display changes with the traffic.',
    chinese: {
      meaning: '占有率长时间不变：数值是重复的，不是测得的。',
      remedy: '重启设备，观察其自身显示是否随车流变化。',
    },
  },
  'occupancy-spike': {
    meaning: 'Occupancy jumps up and down as no traffic does; the counts may still be right.',
    remedy:
      'Look for a loose terminal or a relay that sticks; at a stop line choose the lane kind "stop-line".',
    chinese: {
      meaning: '占有率大幅跳动，不像车流；计数可能仍然正确。',
      remedy: '检查端子松动或继电器粘连；若在停止线处，请把车道类型设为 stop-line。',
    },
  },
  'flow-occupancy-mismatch': {
    meaning: 'Vehicles without occupancy, or occupancy without vehicles.',
    remedy:
      'Check which input of the card the presence comes from, and that the poll is fast enough for the lane.',
    chinese: {
      meaning: '有车辆计数而无占有率，或有占有率而无车辆计数。',
      remedy: '检查占用信号所接的输入，以及轮询周期是否足够短。',
    },
  },
  'short-pulses': {
    meaning: 'Many pulses are too short for a vehicle.',
    remedy: 'Set the card to presence instead of pulse mode; lower the sensitivity; look for a bad splice.',
    chinese: {
      meaning: '很多脉冲过短，不可能是车辆。',
      remedy: '把检测卡设为存在（presence）模式而非脉冲模式，降低灵敏度，检查接头。',
    },
  },
  'pair-mismatch': {
    meaning: 'This loop of a pair misses the vehicles that its partner sees.',
    remedy:
      'Drive over both loops and watch the lamps; compare their sensitivities; are the channels interchanged?',
    chinese: {
      meaning: '双线圈中该线圈漏检另一线圈检测到的车辆。',
      remedy: '驾车驶过两个线圈并观察指示灯，比较灵敏度，检查通道是否接反。',
    },
  },
  crosstalk: {
    meaning: 'The loop answers to vehicles of the neighbouring lane.',
    remedy: 'Give the two loops frequencies far apart, or put them on one card; lower the sensitivity.',
    chinese: {
      meaning: '线圈受到相邻车道车辆的串扰。',
      remedy: '把两个线圈的频率错开，或接在同一块检测卡上，并降低灵敏度。',
    },
  },
  'count-disagreement': {
    meaning: 'Loop and camera count differently in this lane, and the loop is suspected or nobody can tell.',
    remedy:
      'Count fifty vehicles by eye and compare both; check the drawn counting line as well as the loop.',
    chinese: {
      meaning: '该车道线圈与摄像机计数不一致，怀疑线圈或无法判断。',
      remedy: '人工清点 50 辆车并与两者比较；同时检查计数线和线圈。',
    },
  },
};

const OTHERS: Readonly<Record<string, FaultAdvice>> = {
  'port/unreachable': {
    meaning: 'The bus cannot be opened.',
    remedy: 'Check cable, adapter, address and port; on a serial port whether another program holds it.',
    chinese: { meaning: '无法打开总线。', remedy: '检查电缆、转换器、地址和端口；串口是否被其他程序占用。' },
  },
  'port/all-silent': {
    meaning: 'The bus opens, and no device on it answers.',
    remedy: 'Check the supply of the cards, A/B wires and termination, then baud rate and parity.',
    chinese: {
      meaning: '总线可以打开，但所有设备都没有应答。',
      remedy: '检查检测卡电源、A/B 接线和终端电阻，再检查波特率和校验位。',
    },
  },
  'device/timeout': {
    meaning: 'The device does not answer.',
    remedy: 'Check its supply, its unit address and the wiring to it.',
    chinese: { meaning: '设备没有应答。', remedy: '检查设备电源、站号和接线。' },
  },
  'device/corrupt-reply': {
    meaning: 'Answers of the device arrive damaged.',
    remedy: 'Check shield, earth and termination; look for two devices with one address.',
    chinese: {
      meaning: '设备应答有误码。',
      remedy: '检查屏蔽、接地和终端电阻，以及是否有两台设备使用同一站号。',
    },
  },
  'device/exception': {
    meaning: 'The device refuses what it is asked.',
    remedy: 'Compare the model on the device with the driver in the site file.',
    chinese: { meaning: '设备拒绝读取请求。', remedy: '核对设备型号与站点文件中的驱动。' },
  },
  'device/sensor-health': {
    meaning: 'The device says that it is not well.',
    remedy: 'Read its self-test with the maker’s tool; check the supply voltage named in the detail.',
    chinese: { meaning: '设备自检异常。', remedy: '用厂家工具读取自检结果，并检查详情中的供电电压。' },
  },
  'camera/count-disagreement': {
    meaning: 'The camera counts differently from the loops of its lanes.',
    remedy: 'Clean and aim it; compare the counting lines with the picture; is it dark or dazzled?',
    chinese: {
      meaning: '摄像机计数与各车道线圈不一致。',
      remedy: '清洁并校正摄像机，对照画面检查计数线；是否过暗或逆光。',
    },
  },
  'camera/unreachable': {
    meaning: 'The camera cannot be reached.',
    remedy: 'Check power, cable and IP address; is RTSP enabled?',
    chinese: { meaning: '无法连接摄像机。', remedy: '检查电源、网线和 IP 地址，以及 RTSP 是否启用。' },
  },
  'camera/unauthorized': {
    meaning: 'The camera refuses the login.',
    remedy:
      'Check user and password, and that the user may view the stream; set its authentication to Digest with MD5.',
    chinese: {
      meaning: '摄像机拒绝登录。',
      remedy: '检查用户名、密码以及该用户的预览权限；认证方式设为 Digest（MD5）。',
    },
  },
  'camera/not-found': {
    meaning: 'The camera knows no stream of this path.',
    remedy: 'Check the path in the address.',
    chinese: { meaning: '摄像机上没有该路径的视频流。', remedy: '检查地址中的路径。' },
  },
  'camera/address-invalid': {
    meaning: 'The address of the camera cannot be used.',
    remedy: 'Correct it in the site file.',
    chinese: { meaning: '摄像机地址无效。', remedy: '在站点文件中修正地址。' },
  },
  'camera/no-decoder': {
    meaning: 'The stream holds no video that can be decoded.',
    remedy: 'Set the camera to H.264.',
    chinese: { meaning: '视频流无法解码。', remedy: '把摄像机编码设为 H.264。' },
  },
  'camera/ffmpeg-missing': {
    meaning: 'ffmpeg is missing or too old.',
    remedy: 'Install ffmpeg 5.1 or newer.',
    chinese: { meaning: '缺少 ffmpeg 或版本过旧。', remedy: '安装 ffmpeg 5.1 或更新版本。' },
  },
  'camera/stalled': {
    meaning: 'The camera is connected and sends no pictures.',
    remedy:
      'Power the camera off and on; check the network for loss; set it to H.264 with a key picture every 2 s.',
    chinese: {
      meaning: '摄像机已连接但没有画面。',
      remedy: '给摄像机断电重启，检查网络丢包；编码设为 H.264，I 帧间隔 2 秒。',
    },
  },
  'camera/black': {
    meaning: 'The stream runs, but its picture is black; its lanes have no figures meanwhile.',
    remedy: 'Look for a cap or a bag over the lens and for a failed sensor; restart the camera.',
    chinese: {
      meaning: '视频流正常但画面全黑，期间相关车道无数据。',
      remedy: '检查镜头是否被遮盖、传感器是否损坏，并重启摄像机。',
    },
  },
  'camera/too-dark': {
    meaning: 'The picture is too dark to see vehicles; its lanes have no figures meanwhile.',
    remedy: 'Check street lighting, infrared lamp and the night mode (exposure, gain) of the camera.',
    chinese: {
      meaning: '画面过暗，无法看清车辆，期间相关车道无数据。',
      remedy: '检查路灯、补光灯以及摄像机夜间模式（曝光、增益）。',
    },
  },
  'camera/overexposed': {
    meaning: 'Most of the picture is white; its lanes have no figures meanwhile.',
    remedy: 'Turn the camera away from the sun or a lamp; set exposure to automatic; check the iris.',
    chinese: {
      meaning: '画面大部分过曝发白，期间相关车道无数据。',
      remedy: '避免太阳或灯光直射，将曝光设为自动，并检查光圈。',
    },
  },
  'camera/frozen': {
    meaning: 'The stream runs, but its picture stands still; its lanes have no figures meanwhile.',
    remedy: 'Restart the camera; if it goes through a recorder, restart that as well.',
    chinese: {
      meaning: '视频流正常但画面静止不动，期间相关车道无数据。',
      remedy: '重启摄像机；如经录像机转发，请同时重启录像机。',
    },
  },
  'camera/blurred': {
    meaning: 'The picture has become soft: dirt, water or a lens out of focus.',
    remedy: 'Clean the window of the housing; set the focus again.',
    chinese: { meaning: '画面变模糊：镜头脏污、有水或失焦。', remedy: '清洁护罩玻璃，重新对焦。' },
  },
  'camera/covered': {
    meaning: 'Something covers the lens; its lanes have no figures meanwhile.',
    remedy: 'Remove leaves, a bag or paint from the housing; is there dense fog?',
    chinese: {
      meaning: '镜头被遮挡，期间相关车道无数据。',
      remedy: '清除护罩上的树叶、塑料袋或喷漆；确认是否有浓雾。',
    },
  },
  'camera/moved': {
    meaning: 'The camera no longer looks where its lanes were drawn; they have no figures meanwhile.',
    remedy: 'Turn it back until the lanes fit; or draw the lanes anew and restart the agent.',
    chinese: {
      meaning: '摄像机视角已偏移，与所画车道不符，期间相关车道无数据。',
      remedy: '将摄像机转回原位，使车道重合；或重新绘制车道并重启程序。',
    },
  },
  'camera/ended': {
    meaning: 'The video file has been played to its end.',
    remedy: 'Nothing, unless it was to be played again: then set loop.',
    chinese: { meaning: '视频文件已播放完毕。', remedy: '无需处理；如需循环播放，请设置 loop。' },
  },
  'model/model-missing': {
    meaning: 'The detection model is not there; loops work on alone.',
    remedy: 'Install the model files again.',
    chinese: { meaning: '找不到检测模型；仅线圈继续工作。', remedy: '重新安装模型文件。' },
  },
  'model/model-invalid': {
    meaning: 'The detection model does not fit its card, or fails while it works.',
    remedy: 'Use model and card of one release; read the log.',
    chinese: {
      meaning: '检测模型与说明卡不符，或运行出错。',
      remedy: '使用同一版本的模型和说明卡，并查看日志。',
    },
  },
  'model/model-corrupt': {
    meaning: 'The detection model is damaged.',
    remedy: 'Install the model files again.',
    chinese: { meaning: '检测模型文件已损坏。', remedy: '重新安装模型文件。' },
  },
  'process/process-down': {
    meaning: 'A part of the agent has ended; it is started again by itself.',
    remedy: 'If it returns, read the log and report it.',
    chinese: { meaning: '程序的一部分已退出，将自动重启。', remedy: '如反复出现，请查看日志并上报。' },
  },
  'process/evidence-refused': {
    meaning: 'Pictures or clips of incidents cannot be kept; counting and incidents go on.',
    remedy: 'Check space and permissions of the evidence folder; set the camera to H.264 if it is named.',
    chinese: {
      meaning: '事件图片或录像无法保存；计数和事件检测不受影响。',
      remedy: '检查证据目录的磁盘空间和权限；如提示某摄像机，请将其设为 H.264。',
    },
  },
  'process/unsynced': {
    meaning: 'The clock of this machine has not been set since it was started; records wait to be stamped.',
    remedy: 'Check that an NTP server can be reached (mobile link, firewall), and the battery of the clock.',
    chinese: {
      meaning: '本机启动后时钟尚未校准，记录等待补正时间。',
      remedy: '检查能否连接 NTP 服务器（移动网络、防火墙），以及时钟电池。',
    },
  },
  'process/stepped': {
    meaning: 'The clock of this machine was set to another time; running intervals were cut there.',
    remedy: 'Once after a start it is nothing. If it comes again, look for two time sources that disagree.',
    chinese: {
      meaning: '本机时钟发生跳变，正在统计的时段已在此截断。',
      remedy: '启动后出现一次属正常；如反复出现，请检查是否有两个时间源互相矛盾。',
    },
  },
  'process/taken-over': {
    meaning: 'Another gateway uses the client id of this one: the broker throws each out for the other.',
    remedy: 'Look for a second gateway with the configuration (or a copied memory card) of this site.',
    chinese: {
      meaning: '另一台网关使用了相同的客户端编号，两者互相挤下线。',
      remedy: '查找使用本站配置（或复制存储卡）的第二台网关。',
    },
  },
  'process/damaged': {
    meaning: 'The store was damaged; it was set aside and what could be read was taken over.',
    remedy:
      'Nothing is to be done at once. If it comes again, replace the disk, and keep the file set aside.',
    chinese: {
      meaning: '数据库曾损坏；损坏文件已另存，可读数据已恢复。',
      remedy: '无需立即处理；如再次发生请更换磁盘，并保留另存的文件。',
    },
  },
  'process/refused': {
    meaning: 'The store takes no records; they wait in memory.',
    remedy: 'Check disk space and permissions of the data folder.',
    chinese: { meaning: '数据库无法写入，记录暂存于内存。', remedy: '检查磁盘空间和数据目录权限。' },
  },
};

/** Every fault that the agent tells, by `layer/code`. */
export const FAULT_ADVICE: Readonly<Record<string, FaultAdvice>> = {
  ...Object.fromEntries(Object.entries(CHANNEL).map(([code, advice]) => [`channel/${code}`, advice])),
  ...OTHERS,
};

/** What to say about a fault; null for a code that a driver or a later version brought. */
export function adviceOn(fault: { readonly layer: FaultLayer; readonly code: string }): FaultAdvice | null {
  return FAULT_ADVICE[`${fault.layer}/${fault.code}`] ?? null;
}
