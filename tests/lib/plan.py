"""A made-up organisation: buildings, gates, controllers, departments, cardholders, permits, operators.

The same arguments always give the same plan. It is written twice: as SQL into a new database, through the change-set
functions, and as the simulator's site file, which says what hardware there is and nothing of cards or permits: those
reach the simulated controllers by the protocol alone.
"""
import dataclasses
import random
from xml.sax.saxutils import quoteattr

BUILDINGS = ["本館", "研究棟", "物流センター"]
GROUPS = ["本館 執務エリア", "本館 共用部", "研究棟", "物流センター"]
# Which building a management group's gates are in: a building may hold several groups.
GROUP_BUILDING = [0, 0, 1, 2]
PLACES = [
    ["執務室 東", "執務室 西", "役員室", "サーバー室", "会議室エリア", "総務書庫", "経理室", "開発室"],
    ["正面玄関", "通用口", "地下駐車場", "エレベーターホール", "社員食堂", "屋上", "更衣室", "中央監視室"],
    ["研究棟 玄関", "実験室 A", "実験室 B", "クリーンルーム", "薬品庫", "恒温室", "分析室", "試作室"],
    ["搬入口", "倉庫 北", "倉庫 南", "冷蔵倉庫", "危険物庫", "配車事務所", "梱包エリア", "返品検査室"],
]
DEPARTMENTS = {
    "本社": {
        "管理本部": {"総務部": ["総務課", "人事課"], "経理部": ["経理課", "財務課"], "情報システム部": []},
        "営業本部": {"東日本営業部": ["法人課", "公共課"], "西日本営業部": ["大阪課", "福岡課"]},
        "技術本部": {"開発部": ["第一課", "第二課", "第三課"], "研究所": ["材料研究室", "制御研究室"]},
        "物流本部": {"輸送部": ["配車課"], "倉庫部": ["入庫課", "出庫課"]},
    },
    "協力会社": {"清掃": {}, "警備": {}, "設備保守": {}},
}
SURNAMES = """佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡辺:ワタナベ 山本:ヤマモト 中村:ナカムラ 小林:コバヤシ
加藤:カトウ 吉田:ヨシダ 山田:ヤマダ 佐々木:ササキ 山口:ヤマグチ 松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ 斎藤:サイトウ
清水:シミズ 山崎:ヤマザキ 森:モリ 池田:イケダ 橋本:ハシモト 阿部:アベ 石川:イシカワ 山下:ヤマシタ 中島:ナカジマ 石井:イシイ
小川:オガワ 前田:マエダ 岡田:オカダ 長谷川:ハセガワ 藤田:フジタ 後藤:ゴトウ 近藤:コンドウ 村上:ムラカミ 遠藤:エンドウ 青木:アオキ
坂本:サカモト 髙木:タカギ 福田:フクダ 西村:ニシムラ 太田:オオタ 三浦:ミウラ 﨑山:サキヤマ 岡本:オカモト 松田:マツダ 中川:ナカガワ
中野:ナカノ 原田:ハラダ 小野:オノ 田村:タムラ 竹内:タケウチ 金子:カネコ 和田:ワダ 中山:ナカヤマ 石田:イシダ 上田:ウエダ""".split()
GIVEN_NAMES = """陽翔:ハルト 蓮:レン 湊:ミナト 大翔:ヒロト 樹:イツキ 悠真:ユウマ 朝陽:アサヒ 蒼:アオイ 翔太:ショウタ 健太:ケンタ 大輔:ダイスケ
直樹:ナオキ 拓也:タクヤ 誠:マコト 浩二:コウジ 和也:カズヤ 隆:タカシ 修:オサム 学:マナブ 洋平:ヨウヘイ 結衣:ユイ 陽葵:ヒマリ 凛:リン
咲良:サクラ 美咲:ミサキ 葵:アオイ 七海:ナナミ 彩:アヤ 愛:アイ 麻衣:マイ 恵:メグミ 由美子:ユミコ 真由美:マユミ 久美子:クミコ 智子:トモコ
陽子:ヨウコ 裕子:ユウコ 直美:ナオミ 明日香:アスカ 千尋:チヒロ""".split()
BOARD_PLACES = ["守衛所", "駐輪場", "資材庫", "休憩室"]
BOARD_PORT = 60000
FACILITY = 100  # of the cards that boards read, as a Wiegand-26 reader reports them
# Operators besides the first: name, display name, management groups, departments with what is below them.
OPERATORS = [
    ("honkan", "本館 担当", [1, 2], ["管理本部", "営業本部"]),
    ("kenkyu", "研究棟 担当", [3], ["技術本部"]),
    ("butsuryu", "物流センター 担当", [4], ["物流本部"]),
]
CARD_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"


@dataclasses.dataclass
class Door:
    gate: int
    number: int
    name: str
    building: str
    place: str
    group: int
    entry: str
    exit: str


@dataclasses.dataclass
class Controller:
    id: int
    serial: str
    name: str
    address: str
    port: int
    doors: list
    driver: str = "kidoban"


@dataclasses.dataclass
class Cardholder:
    id: int
    employee_number: str
    name: str
    kana: str
    department: int
    cards: list
    permits: list  # (gate id or None, gate group id or None, level)
    lost: bool = False
    enabled: bool = True
    expired: bool = False


class Plan:
    """Everything of one made-up organisation. network is the first three octets' start, such as "127.20.30".

    uhppote: how many doors each UHPPOTE board has; they are among the gates, the last ones."""

    def __init__(self, gates=40, cardholders=500, seed=1, network="127.20.30", port=11000, doors_per_controller=(1, 4), uhppote=()):
        if not 1 <= gates <= 1000 or sum(uhppote) > gates:
            raise ValueError(f"gates must be 1 to 1000 (L-1), not {gates}, {sum(uhppote)} of them on boards")
        self.random = random.Random(seed)
        self.seed, self.network, self.port = seed, network, port
        self.gate_count, self.doors_per_controller = gates - sum(uhppote), doors_per_controller
        self.departments = []  # (id, parent id or None, code, name)
        self.controllers = []  # of our own protocol; the others are in boards
        self.boards = []
        self.gate_groups = []  # (id, name, [gate ids])
        self.cardholders = []
        self._make_departments(DEPARTMENTS, None)
        self._make_controllers()
        self._make_gate_groups()
        for number in range(1, cardholders + 1):
            self._make_cardholder(number)
        if uhppote:
            self._make_boards(uhppote)

    @property
    def doors(self):
        return [door for controller in (*self.controllers, *self.boards) for door in controller.doors]

    def _make_departments(self, tree, parent):
        for name, below in (tree.items() if isinstance(tree, dict) else ((name, {}) for name in tree)):
            identity = len(self.departments) + 1
            self.departments.append((identity, parent, f"D{identity:04}", name))
            self._make_departments(below, identity)

    def _make_controllers(self):
        gate = 0
        per_group = [0] * len(GROUPS)
        prefix, third = self.network.rsplit(".", 1)
        while gate < self.gate_count:
            identity = len(self.controllers) + 1
            group = (identity - 1) % len(GROUPS)
            doors = []
            for number in range(1, min(self.random.randint(*self.doors_per_controller), self.gate_count - gate) + 1):
                gate += 1
                doors.append(self._make_door(gate, number, group, per_group[group]))
                per_group[group] += 1
            index = identity - 1
            address = f"{prefix}.{int(third) + index // 250}.{index % 250 + 1}"
            serial = f"{0x4b44000000000000 + (self.seed % 65536) * 65536 + identity:016x}"
            self.controllers.append(Controller(identity, serial, f"制御器 {identity:03}", address, self.port, doors))

    def _make_door(self, gate, number, group, count):
        place = PLACES[group][count % len(PLACES[group])]
        turn = count // len(PLACES[group])
        floor = f"{turn + 1}F"
        keypad = place in ("サーバー室", "薬品庫", "危険物庫", "クリーンルーム")
        building = BUILDINGS[GROUP_BUILDING[group]]
        return Door(gate, number, f"{place} {floor}" if turn else place, building, floor, group + 1,
                    "card_keypad" if keypad else "card", "card")

    def _make_gate_groups(self):
        for index, name in enumerate(GROUPS):
            # L-2: at most 200 gates in one group.
            gates = [door.gate for door in self.doors if door.group == index + 1]
            for part in range(0, max(len(gates), 1), 200):
                label = f"{name} 全ゲート" if part == 0 else f"{name} 全ゲート ({part // 200 + 1})"
                self.gate_groups.append((len(self.gate_groups) + 1, label, gates[part:part + 200]))
        common = [door.gate for door in self.doors if door.place == "1F" and door.group in (2, 3, 4)
                  and door.name in ("正面玄関", "通用口", "研究棟 玄関", "エレベーターホール", "社員食堂")]
        self.gate_groups.append((len(self.gate_groups) + 1, "共通入口", common))

    def _make_cardholder(self, number):
        draw = self.random
        surname, surname_kana = draw.choice(SURNAMES).split(":")
        given, given_kana = draw.choice(GIVEN_NAMES).split(":")
        leaves = [d for d in self.departments if d[0] not in {e[1] for e in self.departments}]
        department = draw.choice(leaves)
        cards = [f"{draw.randrange(10 ** 7):08}" if draw.random() < 0.8 else
                 "".join(draw.choice(CARD_LETTERS) for _ in range(4)) + f"{number:06}"]
        cards = [f"{number:06}{cards[0]}"[:16]]
        person = Cardholder(number, f"{number:06}", f"{surname} {given}", f"{surname_kana} {given_kana}", department[0], cards,
                            self._make_permits())
        # Some of each kind of trouble, so that refusals and lost-card alarms are seen.
        person.lost = number % 125 == 60
        person.enabled = number % 100 != 37
        person.expired = number % 100 == 71
        self.cardholders.append(person)

    def _make_permits(self):
        draw = self.random
        permits = [(None, len(self.gate_groups), 1)]
        homes = draw.sample(range(1, len(GROUPS) + 1), draw.choice([1, 1, 1, 2]))
        for group, name, gates in self.gate_groups[:-1]:
            if any(name.startswith(GROUPS[home - 1]) for home in homes):
                permits.append((None, group, draw.choice([1, 1, 2, 3])))
        for gate in draw.sample(range(1, self.gate_count + 1), min(draw.choice([0, 0, 1, 2]), self.gate_count)):
            permits.append((gate, None, draw.choice([1, 2, 4])))
        return permits

    def _make_boards(self, door_counts):
        """Boards with a gate group of their own, and those who may pass there: a board holds decimal card numbers of 32 bits only."""
        gate = self.gate_count
        prefix, third = self.network.rsplit(".", 1)
        for index, doors in enumerate(door_counts):
            identity = len(self.controllers) + index + 1
            address = f"{prefix}.{int(third) + index // 250}.{index % 250 + 1}"
            board = Controller(identity, f"{doors}05{self.seed % 1000:03}{index + 1:03}", f"UHPPOTE {index + 1:03}", address, BOARD_PORT, [], "uhppote")
            for number in range(1, doors + 1):
                gate += 1
                name = f"{BOARD_PLACES[number - 1]}{f' {index + 1}' if index else ''}"
                board.doors.append(Door(gate, number, name, BUILDINGS[2], "別館", len(GROUPS), "card", "none" if doors == 4 else "card"))
            self.boards.append(board)
        gates = [door.gate for board in self.boards for door in board.doors]
        groups = []
        for part in range(0, len(gates), 200):
            groups.append(len(self.gate_groups) + 1)
            self.gate_groups.append((groups[-1], f"別館 全ゲート{f' ({part // 200 + 1})' if part else ''}", gates[part:part + 200]))
        for person in self.cardholders[::5]:
            person.cards = [str(FACILITY * 100000 + person.id)]
            person.permits += [(None, group, 1) for group in groups]

    # --- written out -----------------------------------------------------------------------------------------------

    def incidents(self):
        """Something for a guard to acknowledge soon after each start, and again while they look on: (seconds, serial, fault)."""
        forced, tampered = self.controllers[len(self.controllers) // 2], self.controllers[-1]
        out = []
        for at in (20, 620, 1820):
            out += [(at, forced.serial, "forced_open 1"), (at + 45, forced.serial, "close 1"),
                    (at + 20, tampered.serial, "tamper 1"), (at + 80, tampered.serial, "tamper 1 off")]
        return sorted(out)

    def site_xml(self, password, incidents=()):
        """What the simulator needs: hardware and the enrolment password, not one card."""
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<site>"]
        for controller in self.controllers:
            building = BUILDINGS.index(controller.doors[0].building) + 1
            lines.append(f'  <controller serial="{controller.serial}" address="{controller.address}" port="{controller.port}" '
                         f'password={quoteattr(password)} building="{building}">')
            for door in controller.doors:
                lines.append(f'    <door number="{door.number}" entry_reader="{door.entry}" exit_reader="{door.exit}"/>')
            lines.append("  </controller>")
        lines += [f'  <act at="{at}" serial="{serial}" do={quoteattr(fault)}/>' for at, serial, fault in incidents]
        lines.append("</site>")
        return "\n".join(lines) + "\n"

    def sql(self, password_hash, mutual_auth_password_sealed):
        """One transaction that fills a new database; every operator gets this password. The first is admin."""
        out = ["BEGIN;", "SELECT api.change_begin('seed', 'demonstration data');"]
        out.append(insert("management_group (id, name)", [(i + 1, name) for i, name in enumerate(GROUPS)]))
        for row in self.departments:
            out.append(insert("department (id, parent_id, code, name)", [row]))
        out.append(insert("controller (id, name, driver, address, port, serial)",
                          [(c.id, c.name, c.driver, c.address, c.port, c.serial) for c in (*self.controllers, *self.boards)]))
        out.append(insert("gate (id, controller_id, door, management_group_id, name, building, place, entry_reader, exit_reader)",
                          [(d.gate, c.id, d.number, d.group, d.name, d.building, d.place, d.entry, d.exit)
                           for c in (*self.controllers, *self.boards) for d in c.doors]))
        out.append(insert("gate_group (id, name)", [group[:2] for group in self.gate_groups]))
        out.append(insert("gate_group_member (gate_group_id, gate_id)",
                          [(group, gate) for group, _, gates in self.gate_groups for gate in gates]))
        self._cardholder_sql(out)
        self._operator_sql(out, password_hash)
        out.append(insert("site_secret (name, wrapped)", [("mutual_auth_password", Raw(f"'\\x{mutual_auth_password_sealed}'"))]))
        out.append("COMMIT;")
        for table in ("management_group", "department", "controller", "gate", "gate_group", "cardholder", "operator"):
            out.append(f"SELECT setval(pg_get_serial_sequence('kidoban.{table}', 'id'), max(id)) FROM kidoban.{table};")
        out.append("ANALYZE;")
        return "\n".join(line for line in out if line) + "\n"

    def _cardholder_sql(self, out):
        out.append(insert("cardholder (id, employee_number, name, kana, department_id, enabled, lost, lost_at, valid_to)",
                          [(p.id, p.employee_number, p.name, p.kana, p.department, p.enabled, p.lost,
                            Raw("now()" if p.lost else "NULL"), Raw("date_trunc('minute', now()) - interval '30 days'" if p.expired else "NULL"))
                           for p in self.cardholders]))
        out.append(insert("credential (cardholder_id, card_number)", [(p.id, card) for p in self.cardholders for card in p.cards]))
        out.append(insert("permit (cardholder_id, gate_id, gate_group_id, pass_level)",
                          [(p.id, gate, group, level) for p in self.cardholders for gate, group, level in p.permits]))

    def _operator_sql(self, out, password_hash):
        columns = "operator (id, name, display_name, role, password_hash, all_management_groups, all_departments)"
        out.append(insert(columns, [(1, "admin", "システム管理者", "system", password_hash, True, True)]))
        by_name = {name: identity for identity, _, _, name in self.departments}
        for identity, (name, display, groups, departments) in enumerate(OPERATORS, 2):
            out.append(insert(columns, [(identity, name, display, "general", password_hash, False, False)]))
            out.append(insert("operator_management_group", [(identity, group) for group in groups]))
            out.append(insert("operator_department", [(identity, by_name[department]) for department in departments]))


class Raw(str):
    """SQL that is written as it stands."""


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def insert(target, rows):
    """One INSERT of these rows, or nothing for none."""
    if not rows:
        return ""
    values = ",\n  ".join("(" + ", ".join(literal(value) for value in row) + ")" for row in rows)
    return f"INSERT INTO kidoban.{target} VALUES\n  {values};"
