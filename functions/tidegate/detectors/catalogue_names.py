"""Names of techniques, entries and outcomes, beside their ids. Data, not a detector.

https://atlas.mitre.org (data 2026.03), https://attack.mitre.org (v17), https://genai.owasp.org/llm-top-10/ (2025, and
2023's v1.1), and NIST CSWP 29 (CSF 2.0), whose outcomes are shortened here. More than is used: a detector that covers
one more finds its name.
"""

from __future__ import annotations

_ATLAS = """
AML.T0000 Search Open Technical Databases
AML.T0002 Acquire Public AI Artifacts
AML.T0006 Active Scanning
AML.T0007 Discover AI Artifacts
AML.T0008 Acquire Infrastructure
AML.T0008.005 AI Service Proxies
AML.T0010 AI Supply Chain Compromise
AML.T0010.001 AI Software
AML.T0010.002 Data
AML.T0010.003 Model
AML.T0010.004 Container Registry
AML.T0011 User Execution
AML.T0012 Valid Accounts
AML.T0013 Discover AI Model Ontology
AML.T0014 Discover AI Model Family
AML.T0015 Evade AI Model
AML.T0018 Manipulate AI Model
AML.T0018.000 Poison AI Model
AML.T0018.001 Modify AI Model Architecture
AML.T0018.002 Embed Malware
AML.T0020 Poison Training Data
AML.T0024 Exfiltration via AI Inference API
AML.T0024.000 Infer Training Data Membership
AML.T0024.001 Invert AI Model
AML.T0024.002 Extract AI Model
AML.T0025 Exfiltration via Cyber Means
AML.T0029 Denial of AI Service
AML.T0031 Erode AI Model Integrity
AML.T0034 Cost Harvesting
AML.T0034.000 Excessive Queries
AML.T0034.001 Resource-Intensive Queries
AML.T0034.002 Agentic Resource Consumption
AML.T0035 AI Artifact Collection
AML.T0036 Data from Information Repositories
AML.T0037 Data from Local System
AML.T0040 AI Model Inference API Access
AML.T0042 Verify Attack
AML.T0043 Craft Adversarial Data
AML.T0044 Full AI Model Access
AML.T0046 Spamming AI System with Chaff Data
AML.T0047 AI-Enabled Product or Service
AML.T0048 External Harms
AML.T0048.000 Financial Harm
AML.T0048.001 Reputational Harm
AML.T0048.002 Societal Harm
AML.T0048.003 User Harm
AML.T0048.004 AI Intellectual Property Theft
AML.T0049 Exploit Public-Facing Application
AML.T0050 Command and Scripting Interpreter
AML.T0051 LLM Prompt Injection
AML.T0051.000 Direct
AML.T0051.001 Indirect
AML.T0051.002 Triggered
AML.T0052 Phishing
AML.T0053 AI Agent Tool Invocation
AML.T0054 LLM Jailbreak
AML.T0055 Unsecured Credentials
AML.T0056 Extract LLM System Prompt
AML.T0057 LLM Data Leakage
AML.T0058 Publish Poisoned Models
AML.T0059 Erode Dataset Integrity
AML.T0061 LLM Prompt Self-Replication
AML.T0062 Discover LLM Hallucinations
AML.T0063 Discover AI Model Outputs
AML.T0064 Gather RAG-Indexed Targets
AML.T0065 LLM Prompt Crafting
AML.T0066 Retrieval Content Crafting
AML.T0067 LLM Trusted Output Components Manipulation
AML.T0068 LLM Prompt Obfuscation
AML.T0069 Discover LLM System Information
AML.T0069.002 System Prompt
AML.T0070 RAG Poisoning
AML.T0071 False RAG Entry Injection
AML.T0072 Reverse Shell
AML.T0073 Impersonation
AML.T0074 Masquerading
AML.T0075 Cloud Service Discovery
AML.T0076 Corrupt AI Model
AML.T0077 LLM Response Rendering
AML.T0079 Stage Capabilities
AML.T0080 AI Agent Context Poisoning
AML.T0080.000 Memory
AML.T0080.001 Thread
AML.T0081 Modify AI Agent Configuration
AML.T0082 RAG Credential Harvesting
AML.T0083 Credentials from AI Agent Configuration
AML.T0084 Discover AI Agent Configuration
AML.T0085 Data from AI Services
AML.T0085.000 RAG Databases
AML.T0085.001 AI Agent Tools
AML.T0086 Exfiltration via AI Agent Tool Invocation
AML.T0091 Use Alternate Authentication Material
AML.T0091.000 Application Access Token
"""
_ATTACK = """
T1048 Exfiltration Over Alternative Protocol
T1059 Command and Scripting Interpreter
T1059.007 JavaScript
T1059.009 Cloud API
T1069.003 Permission Groups Discovery: Cloud Groups
T1078 Valid Accounts
T1078.004 Cloud Accounts
T1087.004 Account Discovery: Cloud Account
T1090 Proxy
T1098 Account Manipulation
T1098.001 Additional Cloud Credentials
T1098.003 Additional Cloud Roles
T1110 Brute Force
T1119 Automated Collection
T1132 Data Encoding
T1136.003 Create Account: Cloud Account
T1189 Drive-by Compromise
T1190 Exploit Public-Facing Application
T1195 Supply Chain Compromise
T1195.002 Compromise Software Supply Chain
T1199 Trusted Relationship
T1203 Exploitation for Client Execution
T1204 User Execution
T1213 Data from Information Repositories
T1484 Domain or Tenant Policy Modification
T1485 Data Destruction
T1486 Data Encrypted for Impact
T1489 Service Stop
T1490 Inhibit System Recovery
T1496 Resource Hijacking
T1496.004 Cloud Service Hijacking
T1498 Network Denial of Service
T1499 Endpoint Denial of Service
T1499.003 Application Exhaustion Flood
T1526 Cloud Service Discovery
T1528 Steal Application Access Token
T1530 Data from Cloud Storage
T1534 Internal Spearphishing
T1535 Unused/Unsupported Cloud Regions
T1537 Transfer Data to Cloud Account
T1538 Cloud Service Dashboard
T1548.005 Temporary Elevated Cloud Access
T1550 Use Alternate Authentication Material
T1550.001 Application Access Token
T1552 Unsecured Credentials
T1552.001 Credentials In Files
T1552.005 Cloud Instance Metadata API
T1554 Compromise Host Software Binary
T1556 Modify Authentication Process
T1562 Impair Defenses
T1562.001 Disable or Modify Tools
T1562.008 Disable or Modify Cloud Logs
T1565 Data Manipulation
T1565.001 Stored Data Manipulation
T1565.002 Transmitted Data Manipulation
T1566 Phishing
T1566.002 Spearphishing Link
T1567 Exfiltration Over Web Service
T1578 Modify Cloud Compute Infrastructure
T1580 Cloud Infrastructure Discovery
T1586.003 Compromise Accounts: Cloud Accounts
T1588.007 Obtain Capabilities: Artificial Intelligence
T1589.001 Gather Victim Identity Information: Credentials
T1592 Gather Victim Host Information
T1594 Search Victim-Owned Websites
T1602 Data from Configuration Repository
T1610 Deploy Container
T1619 Cloud Storage Object Discovery
T1621 Multi-Factor Authentication Request Generation
T1648 Serverless Execution
T1651 Cloud Administration Command
T1656 Impersonation
T1657 Financial Theft
"""
_OWASP = """
LLM01:2025 Prompt Injection
LLM02:2025 Sensitive Information Disclosure
LLM03:2025 Supply Chain
LLM04:2025 Data and Model Poisoning
LLM05:2025 Improper Output Handling
LLM06:2025 Excessive Agency
LLM07:2025 System Prompt Leakage
LLM08:2025 Vector and Embedding Weaknesses
LLM09:2025 Misinformation
LLM10:2025 Unbounded Consumption
LLM01:2023 Prompt Injection
LLM02:2023 Insecure Output Handling
LLM03:2023 Training Data Poisoning
LLM04:2023 Model Denial of Service
LLM05:2023 Supply Chain Vulnerabilities
LLM06:2023 Sensitive Information Disclosure
LLM07:2023 Insecure Plugin Design
LLM08:2023 Excessive Agency
LLM09:2023 Overreliance
LLM10:2023 Model Theft
"""
_NIST = """
GV.SC-07 Risks of suppliers and their products are monitored over the course of the relationship
PR.AA-01 Identities and credentials for authorised users, services and hardware are managed
PR.AA-05 Access permissions, entitlements and authorisations are managed, enforced and reviewed
PR.DS-01 Data at rest is protected
PR.DS-10 Data in use is protected
PR.IR-04 Adequate resource capacity to ensure availability is maintained
PR.PS-01 Configuration management practices are established and applied
PR.PS-04 Log records are generated and made available for continuous monitoring
DE.CM-01 Networks and network services are monitored
DE.CM-03 Personnel activity and technology usage are monitored
DE.CM-06 External service provider activities and services are monitored
DE.CM-09 Computing hardware, software, runtime environments and their data are monitored
DE.AE-02 Potentially adverse events are analysed to better understand associated activities
DE.AE-03 Information is correlated from multiple sources
DE.AE-06 Information on adverse events is provided to authorised staff and tools
DE.AE-07 Threat intelligence and other contextual information are integrated into the analysis
RS.MI-01 Incidents are contained
"""


def _named(text: str) -> dict[str, str]:
    """A line each: the id, a blank, the name."""
    return {id: name for id, _, name in (line.partition(" ") for line in text.strip().splitlines())}


NAMES: dict[str, str] = {**_named(_ATLAS), **_named(_ATTACK), **_named(_OWASP), **_named(_NIST)}
