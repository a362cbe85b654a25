"""Invented patients and their stays, the same for the same seed, as rows for PostgreSQL's COPY."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

TODAY = datetime(2026, 11, 1, 8, tzinfo=UTC)  # fixed: the same data on each day
PATIENTS, ADMISSIONS, EXAMINATIONS, AUDITED = 24_000, 40_000, 96_000, 80_000

GIVEN = (
    "Conceição", "João", "Antônia", "Luís", "Beatriz", "Inácio", "Mônica", "Sebastião", "Úrsula", "Zélia",
    "Božena", "Jiří", "Řehoř", "Žofie", "Matěj", "Květa", "Ondřej", "Štěpánka",
    "伟", "芳", "秀英", "建国", "丽华", "志强", "晓明", "玉兰",
)  # fmt: skip
FAMILY = (
    "Gonçalves", "Araújo", "Conceição", "Guimarães", "Brandão", "Simões", "Assunção", "Falcão", "d'Ávila",
    "Dvořák", "Procházková", "Černý", "Růžička", "Šťastný", "Křížová", "Němec",
    "王", "李", "张", "陈", "刘", "赵", "黄", "周",
)  # fmt: skip
CITIES = (
    "São João del-Rei", "Florianópolis", "Maceió", "Goiânia", "Třebíč", "Uherské Hradiště", "Žďár nad Sázavou",
    "济南", "绍兴", "Aracaju", "Jihlava", "佛山",
)  # fmt: skip
ALLERGIES = ("penicilina", "látex", "jód", "花生", "dipirona", "pyly")
WARDS = ("Clínica médica", "UTI", "Maternidade", "Pediatria", "Chirurgie", "Oční", "内科", "急诊")
DIAGNOSES = (
    "J18.9 Pneumonia não especificada", "I10 Hipertensão essencial", "E11 Diabetes mellitus tipo 2",
    "O80 Parto único espontâneo", "S72.0 Zlomenina krčku stehenní kosti", "K35 Akutní zánět slepého střeva",
    "A09 Gastroenterite", "N39.0 泌尿道感染", "I21 急性心肌梗死", "G40 Epilepsia",
)  # fmt: skip
SENTENCES = (
    "Paciente lúcido, orientado, sem queixas no momento.", "Refere dor torácica há dois dias, sem irradiação.",
    "Mantida antibioticoterapia; afebril nas últimas 24 h.", "Sinais vitais estáveis, diurese presente.",
    "Pacient při vědomí, dýchá spontánně, břicho měkké.", "Doporučena kontrola za týden u praktického lékaře.",
    "Rána klidná, bez známek zánětu.", "患者神志清楚。", "生命体征平稳。", "继续目前治疗。",
    "Solicitada tomografia de crânio.", "Alta prevista para amanhã, se exames normais.",
    "Familiares orientados quanto aos cuidados.",
)  # fmt: skip
TESTS = (
    ("Hemoglobina", "g/dL", 13.5, 2.0), ("Glicose", "mg/dL", 105.0, 30.0), ("Creatinina", "mg/dL", 1.0, 0.4),
    ("Leucócitos", "/mm³", 7400.0, 2500.0), ("Draslík", "mmol/L", 4.2, 0.5), ("血小板", "10⁹/L", 240.0, 60.0),
    ("Raio-X de tórax", "", 0.0, 0.0), ("Eletrocardiograma", "", 0.0, 0.0),
)  # fmt: skip
ACTIONS = ("view record", "print label", "update note", "sign report", "export image", "change ward")
NULL = r"\N"


def tables(seed: int) -> Iterator[tuple[str, str, Iterator[str]]]:
    """Yield each table with its columns and its rows, in the order in which they may be loaded."""
    chance = random.Random(seed)  # noqa: S311 -- repeatable on purpose, nothing secret
    yield "patients", "id,record_number,name,born,sex,city,phone,allergies,photo", _patients(chance)
    yield (
        "admissions",
        "id,number,patient_id,ward,admitted,discharged,diagnosis,note",
        _admissions(chance),
    )
    yield "examinations", "id,admission_id,kind,taken,value,unit,report", _examinations(chance)
    yield "audit_log", "id,at,account,action,patient_id,details", _audit(chance)


def name(chance: random.Random) -> str:
    """Return a name as its bearers write it: family first in Chinese."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    if family[0] >= "一":
        return family + chance.choice(GIVEN[-8:])
    return f"{given if given[0] < '一' else chance.choice(GIVEN[:18])} {chance.choice(FAMILY[:16])} {family}"


def note(chance: random.Random, sentences: int) -> str:
    """Return a clinical note of so many sentences."""
    return " ".join(chance.choice(SENTENCES) for _ in range(sentences))


def _patients(chance: random.Random) -> Iterator[str]:
    for number in range(1, PATIENTS + 1):
        born = (TODAY - timedelta(days=chance.randrange(1, 36_000))).date()
        allergies = "{" + ",".join(chance.sample(ALLERGIES, chance.choice((0, 0, 0, 1, 2)))) + "}"
        photo = f"\\\\x{chance.randbytes(1500).hex()}" if number % 40 == 0 else NULL
        yield _row(
            number, f"P{number:07d}", name(chance), born, chance.choice("FMFMFMX"),
            chance.choice(CITIES), f"+55 11 5555 {chance.randrange(10_000):04d}", allergies, photo,
        )  # fmt: skip


def _admissions(chance: random.Random) -> Iterator[str]:
    for number in range(1, ADMISSIONS + 1):
        admitted = TODAY - timedelta(minutes=chance.randrange(60, 2_600_000))
        stay = timedelta(minutes=chance.randrange(180, 30_000))
        discharged = admitted + stay if admitted + stay < TODAY else NULL
        yield _row(
            number, 500_000 + number, chance.randint(1, PATIENTS), chance.choice(WARDS), admitted,
            discharged, chance.choice(DIAGNOSES), note(chance, chance.randint(1, 5)),
        )  # fmt: skip


def _examinations(chance: random.Random) -> Iterator[str]:
    for number in range(1, EXAMINATIONS + 1):
        kind, unit, mean, spread = chance.choice(TESTS)
        taken = TODAY - timedelta(minutes=chance.randrange(2_600_000))
        value = f"{max(0.1, chance.gauss(mean, spread)):.2f}" if unit else NULL
        report = chance.choice(SENTENCES) if unit else note(chance, 3)
        yield _row(number, chance.randint(1, ADMISSIONS), kind, taken, value, unit or NULL, report)


def _audit(chance: random.Random) -> Iterator[str]:
    moment = TODAY - timedelta(days=90)
    for number in range(1, AUDITED + 1):
        moment += timedelta(seconds=chance.randrange(190))
        details = {"screen": f"{chance.randrange(40):02d}", "ms": chance.randrange(9_000)}
        yield _row(
            number, moment, f"user{chance.randrange(120):03d}", chance.choice(ACTIONS),
            chance.randint(1, PATIENTS), json.dumps(details),
        )  # fmt: skip


def _row(*values: object) -> str:
    return "\t".join(str(value) for value in values) + "\n"
