// Generated from src/dire/enrichment/ by build/embed-enrichment.ts; do not edit.

/** What each file of built-in rules holds. */
export const BUILT_IN_FILES: readonly unknown[] = [
 {
  "rules": [
   {
    "id": "aruba-switch",
    "priority": 890,
    "confidence": 90,
    "reason": "Speaks of itself over SNMP as a ProCurve or Aruba switch",
    "match": {
     "any": {
      "sys_name": "aruba",
      "sys_descr": [
       "procurve",
       "arubaos-switch",
       "aruba switch"
      ]
     }
    },
    "set": {
     "vendor_name": "Aruba",
     "type": "Switch",
     "type_id": 10
    }
   }
  ]
 },
 {
  "rules": [
   {
    "id": "juniper-router-vjunos",
    "priority": 895,
    "confidence": 92,
    "reason": "Forwards packets and speaks of itself over SNMP as Junos",
    "match": {
     "all": {
      "ip_forwarding": 1
     },
     "any": {
      "sys_object_id_prefixes": "1.3.6.1.4.1.2636",
      "sys_descr": [
       "juniper",
       "junos"
      ],
      "sys_name": [
       "juniper",
       "junos"
      ],
      "hostname": [
       "juniper",
       "vjunos"
      ]
     }
    },
    "set": {
     "vendor_name": "Juniper",
     "type": "Router",
     "type_id": 12
    }
   },
   {
    "id": "juniper-vendor-by-enterprise",
    "priority": 705,
    "confidence": 80,
    "reason": "Its SNMP object id lies below Juniper's enterprise number",
    "match": {
     "any": {
      "sys_object_id_prefixes": "1.3.6.1.4.1.2636"
     }
    },
    "set": {
     "vendor_name": "Juniper"
    }
   }
  ]
 },
 {
  "rules": [
   {
    "id": "mikrotik-router",
    "priority": 880,
    "confidence": 90,
    "reason": "Forwards packets and speaks of itself over SNMP as RouterOS",
    "match": {
     "all": {
      "ip_forwarding": 1
     },
     "any": {
      "sys_object_id_prefixes": "1.3.6.1.4.1.14988",
      "sys_descr": [
       "mikrotik",
       "routeros"
      ],
      "sys_name": [
       "mikrotik",
       "routeros"
      ],
      "hostname": "mikrotik"
     }
    },
    "set": {
     "vendor_name": "MikroTik",
     "type": "Router",
     "type_id": 12,
     "model_from_sys_descr_prefix": "RouterOS"
    }
   }
  ]
 },
 {
  "rules": [
   {
    "id": "ubiquiti-router-udm",
    "priority": 1000,
    "confidence": 95,
    "reason": "Forwards packets and speaks of itself over SNMP as a UniFi Dream Machine",
    "match": {
     "all": {
      "ip_forwarding": 1
     },
     "any": {
      "sys_descr": [
       "udm",
       "dream machine"
      ],
      "sys_name": "udm",
      "hostname": [
       "udm-",
       "udmpro",
       "udm pro"
      ]
     }
    },
    "set": {
     "vendor_name": "Ubiquiti",
     "type": "Router",
     "type_id": 12,
     "model_from_sys_descr_prefix": "UniFi"
    }
   },
   {
    "id": "ubiquiti-switch-usw",
    "priority": 900,
    "confidence": 90,
    "reason": "Names itself as a UniFi switch",
    "match": {
     "any": {
      "sys_descr": [
       "usw-",
       "usw ",
       "unifi switch"
      ],
      "sys_name": [
       "usw-",
       "usw "
      ],
      "hostname": "usw-"
     }
    },
    "set": {
     "vendor_name": "Ubiquiti",
     "type": "Switch",
     "type_id": 10
    }
   },
   {
    "id": "ubiquiti-ap-u6-uap",
    "priority": 850,
    "confidence": 90,
    "reason": "Names itself as a UniFi access point",
    "match": {
     "any": {
      "sys_descr": [
       "u6-lite",
       "u6-lr",
       "u6-pro",
       "u6-mesh",
       "u6-iw",
       "u6-enterprise",
       "u6-plus",
       "uap-",
       "uap ",
       "nanohd"
      ],
      "sys_name": [
       "u6-lite",
       "u6-lr",
       "u6-pro",
       "u6-mesh",
       "u6-iw",
       "u6-enterprise",
       "u6-plus",
       "uap-"
      ],
      "hostname": [
       "u6-lite",
       "u6-lr",
       "u6-pro",
       "u6-mesh",
       "u6-iw",
       "u6-enterprise",
       "u6-plus",
       "uap-"
      ]
     }
    },
    "set": {
     "vendor_name": "Ubiquiti",
     "type": "Access Point",
     "type_id": 99
    }
   },
   {
    "id": "ubiquiti-vendor-by-enterprise",
    "priority": 700,
    "confidence": 80,
    "reason": "Its SNMP object id lies below one of Ubiquiti's enterprise numbers",
    "match": {
     "any": {
      "sys_object_id_prefixes": [
       "1.3.6.1.4.1.41112",
       "1.3.6.1.4.1.4413",
       "1.3.6.1.4.1.10002"
      ]
     }
    },
    "set": {
     "vendor_name": "Ubiquiti"
    }
   },
   {
    "id": "ubiquiti-vendor-by-ubnt-token",
    "priority": 650,
    "confidence": 75,
    "reason": "Its SNMP description names Ubiquiti",
    "match": {
     "any": {
      "sys_descr": [
       "ubnt",
       "ubiquiti",
       "unifi"
      ]
     }
    },
    "set": {
     "vendor_name": "Ubiquiti"
    }
   }
  ]
 }
];
