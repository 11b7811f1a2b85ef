"""Whose registry a container image comes from. Not a detector.

AWS publishes its images from accounts of its own, another one in many Regions. Deep Learning Containers:
https://aws.github.io/deep-learning-containers/reference/region_availability/; scikit-learn and XGBoost, Clarify and
Model Monitor: `image_uri_config/` of the SageMaker Python SDK (sklearn.json, clarify.json, model-monitor.json).
"""

from __future__ import annotations

import re

_DEEP_LEARNING = """
763104351884 626614931356 871362719292 772153158452 907027046896 550225433462 457447274322 364406365360 975050140332
590183813437 204538143572 692866216735
"""
_FRAMEWORKS = """
510948584623 651117190479 354813040037 366743142698 867004704886 720646828776 628508329040 121021644041 783357654285
951798379941 106583098589 341280168497 190319476487 450853457545 451049120500 492215442770 680994064768 662702820516
978288397137 104374241257 141502667606 764974769150 659782779980 898809789911 272398656194 801668240914 737474898029
683313688378 257758044811 746614075791 246618743249
"""
_CLARIFY = """
811711786498 098760798382 377024640650 263625296855 452307495513 834264404009 007051062584 675030665977 122526803553
122578899357 017069133835 763603941244 638885417683 131013547314 440796970383 341593696636 835444307964 520018980103
205585389593 211330385671 740489534195 306415355426
"""
_MODEL_MONITOR = """
895015795356 607024016150 126357580389 777275614652 468650794304 048819808253 539772159869 001633400207 156813124566
709848358524 749857270468 680080141114 574779866223 159807026194 890145073186 245545462676 563025443158 536280801234
453000072557 453252182341
"""
OF_AWS = frozenset(f"{_DEEP_LEARNING} {_FRAMEWORKS} {_CLARIFY} {_MODEL_MONITOR}".split())
_ECR = re.compile(r"(?P<account>\d{12})\.dkr[.-]ecr[.\w-]*\.(amazonaws\.com|on\.aws)[\w.]*/(?P<repository>[^:@]+)")


def repository_of(image: str) -> str:
    """The image without tag and digest: a new version of the same is the same."""
    path = image.partition("@")[0]
    return path.rpartition(":")[0] if ":" in path.rpartition("/")[2] else path


def stranger(image: str, account: str) -> str:
    """Whose registry it is, if neither the account's own nor one of AWS's that we know; empty otherwise."""
    found = _ECR.match(image)
    if found is None:
        return "a registry outside Amazon ECR" if image else ""
    return "" if found["account"] == account or found["account"] in OF_AWS else f"account {found['account']}"
