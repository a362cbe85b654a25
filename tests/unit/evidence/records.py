"""What an act says of itself, with everything in it that may go wrong in a line."""


def body(number: int) -> dict:
    return {
        "host": "his1",
        "actor": "unit:seawall-backup-his",
        "act": "backup",
        "subject": "his",
        "result": "pass",
        "message": 'Žlutý kůň, 患者, \\ "quoted"\nline',
        "facts": {"rows": 1000 + number},
    }
