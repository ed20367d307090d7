"""A file of cardholders as a personnel system writes it and as an export of the product reads: every column, names of people
and places, a tree of departments, grants by gate group and now and then for one gate."""
import csv
import random

COLUMNS = ("employee_number", "name", "kana", "department_code", "department", "card_number", "issue_count", "valid_from", "valid_to", "enabled",
           "lost", "extended_unlock", "apb_exempt", "note", "permits")
FAMILY = (("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"), ("伊藤", "イトウ"), ("渡辺", "ワタナベ"), ("山本", "ヤマモト"),
          ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("加藤", "カトウ"), ("吉田", "ヨシダ"), ("山田", "ヤマダ"), ("佐々木", "ササキ"), ("松本", "マツモト"),
          ("井上", "イノウエ"), ("木村", "キムラ"), ("清水", "シミズ"), ("山崎", "ヤマザキ"), ("池田", "イケダ"), ("阿部", "アベ"))
GIVEN = (("太郎", "タロウ"), ("花子", "ハナコ"), ("健一", "ケンイチ"), ("恵子", "ケイコ"), ("翔太", "ショウタ"), ("美咲", "ミサキ"), ("大輔", "ダイスケ"),
         ("由美子", "ユミコ"), ("直樹", "ナオキ"), ("陽子", "ヨウコ"), ("拓也", "タクヤ"), ("智子", "トモコ"), ("和也", "カズヤ"), ("裕子", "ユウコ"),
         ("学", "マナブ"), ("愛", "アイ"), ("隆", "タカシ"), ("結衣", "ユイ"), ("誠", "マコト"), ("幸", "サチ"))
NOTES = ("", "", "", "夜間勤務あり", "協力会社（設備保守）", "2026年度採用", "産休明け、短時間勤務")


def departments(count):
    """(code, name, code of the one above or None, path of names): three levels."""
    made, tops, middles = [], [], []
    for n in range(count):
        code = f"D{n:05d}"
        if n < max(1, count // 100):
            name, above, path = f"第{n + 1}事業本部", None, ""
            tops.append((code, name))
        elif n < max(2, count // 8):
            above, path = tops[n % len(tops)]
            name = f"開発{n}部"
            middles.append((code, f"{path}/{name}"))
        else:
            above, path = middles[n % len(middles)]
            name = f"第{n}課"
        made.append((code, name, above, f"{path}/{name}" if path else name))
    return made


def organisation_sql(count, groups):
    """Departments and gate groups that the file names; every gate is in three groups."""
    rows = ", ".join("('%s', '%s', %s)" % (code, name, f"'{above}'" if above else "NULL") for code, name, above, _ in departments(count))
    return f"""
SET search_path = kidoban, api;
BEGIN;
SELECT api.change_begin('bench.organisation', '');
CREATE TEMP TABLE d (code text, name text, above text) ON COMMIT DROP;
INSERT INTO d VALUES {rows};
INSERT INTO department (code, name) SELECT code, name FROM d WHERE above IS NULL;
INSERT INTO department (code, name, parent_id) SELECT d.code, d.name, p.id FROM d JOIN department p ON p.code = d.above
 WHERE d.above IN (SELECT code FROM d WHERE above IS NULL);
INSERT INTO department (code, name, parent_id) SELECT d.code, d.name, p.id FROM d JOIN department p ON p.code = d.above
 WHERE NOT EXISTS (SELECT FROM department x WHERE x.code = d.code);
INSERT INTO gate_group (name) SELECT 'ゲート群' || n FROM generate_series(1, {groups}) n;
INSERT INTO gate_group_member (gate_group_id, gate_id)
SELECT DISTINCT y.id, g.id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM gate) g CROSS JOIN unnest('{{1,7,13}}'::int[]) m
  JOIN gate_group y ON y.name = 'ゲート群' || 1 + g.n * m % {groups};
COMMIT;
"""


def write(path, count, department_count, groups, gates, seed=1):
    """gates: names of some gates that are granted by themselves."""
    luck = random.Random(seed)
    tree = departments(department_count)
    with open(path, "w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\r\n")
        lines.writerow(COLUMNS)
        for n in range(count):
            (family, family_kana), (given, given_kana) = luck.choice(FAMILY), luck.choice(GIVEN)
            code, _, _, place = luck.choice(tree)
            first = luck.randrange(groups)
            grants = [f"group:ゲート群{1 + first}@{1 + luck.randrange(3)}"]
            if luck.random() < 0.4:
                grants.append(f"group:ゲート群{1 + (first + 1 + luck.randrange(groups - 1)) % groups}@1")
            if gates and luck.random() < 0.1:
                grants.append(f"gate:{luck.choice(gates)}@1 2026/04/01~2027/03/31")
            lines.writerow((f"{10000000 + n}", f"{family} {given}", f"{family_kana} {given_kana}", code, place, f"{n * 7919 % 10**10:010d}", 1,
                            f"{2000 + luck.randrange(26)}/04/01", "2030/03/31" if luck.random() < 0.8 else "", 1, 0, 0, 0,
                            luck.choice(NOTES), ";".join(grants)))
