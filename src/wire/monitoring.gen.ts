// Generated from proto/monitoring.proto by build/embed-proto.ts; do not edit.

/** The messages and the service of proto/monitoring.proto as protobufjs's Root.fromJSON takes them, fields in camelCase. */
export const MONITORING: object = {
 "nested": {
  "monitoring": {
   "nested": {
    "AgentGatewayService": {
     "methods": {
      "Hello": {
       "requestType": "AgentHelloRequest",
       "responseType": "AgentHelloResponse"
      },
      "GetConfig": {
       "requestType": "AgentConfigRequest",
       "responseType": "AgentConfigResponse"
      },
      "PushStatus": {
       "requestType": "GatewayStatusRequest",
       "responseType": "GatewayStatusResponse"
      },
      "StreamStatus": {
       "requestType": "GatewayStatusChunk",
       "requestStream": true,
       "responseType": "GatewayStatusResponse"
      },
      "ControlStream": {
       "requestType": "ControlStreamRequest",
       "requestStream": true,
       "responseType": "ControlStreamResponse",
       "responseStream": true
      }
     }
    },
    "AgentHelloRequest": {
     "fields": {
      "agentId": {
       "type": "string",
       "id": 1,
       "protoName": "agent_id"
      },
      "version": {
       "type": "string",
       "id": 2
      },
      "capabilities": {
       "rule": "repeated",
       "type": "string",
       "id": 3
      },
      "hostname": {
       "type": "string",
       "id": 4
      },
      "os": {
       "type": "string",
       "id": 5
      },
      "arch": {
       "type": "string",
       "id": 6
      },
      "partition": {
       "type": "string",
       "id": 7
      },
      "configVersion": {
       "type": "string",
       "id": 8,
       "protoName": "config_version"
      },
      "labels": {
       "keyType": "string",
       "type": "string",
       "id": 9
      },
      "configSource": {
       "type": "string",
       "id": 10,
       "protoName": "config_source"
      }
     }
    },
    "AgentHelloResponse": {
     "fields": {
      "accepted": {
       "type": "bool",
       "id": 1
      },
      "agentId": {
       "type": "string",
       "id": 2,
       "protoName": "agent_id"
      },
      "message": {
       "type": "string",
       "id": 3
      },
      "gatewayId": {
       "type": "string",
       "id": 4,
       "protoName": "gateway_id"
      },
      "serverTime": {
       "type": "int64",
       "id": 5,
       "protoName": "server_time"
      },
      "heartbeatIntervalSec": {
       "type": "int32",
       "id": 6,
       "protoName": "heartbeat_interval_sec"
      },
      "configOutdated": {
       "type": "bool",
       "id": 7,
       "protoName": "config_outdated"
      },
      "tenantId": {
       "type": "string",
       "id": 8,
       "protoName": "tenant_id"
      },
      "tenantSlug": {
       "type": "string",
       "id": 9,
       "protoName": "tenant_slug"
      }
     }
    },
    "AgentConfigRequest": {
     "fields": {
      "agentId": {
       "type": "string",
       "id": 1,
       "protoName": "agent_id"
      },
      "configVersion": {
       "type": "string",
       "id": 2,
       "protoName": "config_version"
      }
     }
    },
    "AgentConfigResponse": {
     "fields": {
      "notModified": {
       "type": "bool",
       "id": 1,
       "protoName": "not_modified"
      },
      "configVersion": {
       "type": "string",
       "id": 2,
       "protoName": "config_version"
      },
      "configTimestamp": {
       "type": "int64",
       "id": 3,
       "protoName": "config_timestamp"
      },
      "heartbeatIntervalSec": {
       "type": "int32",
       "id": 4,
       "protoName": "heartbeat_interval_sec"
      },
      "configPollIntervalSec": {
       "type": "int32",
       "id": 5,
       "protoName": "config_poll_interval_sec"
      },
      "checks": {
       "rule": "repeated",
       "type": "AgentCheckConfig",
       "id": 6
      },
      "configJson": {
       "type": "bytes",
       "id": 7,
       "protoName": "config_json"
      }
     },
     "reserved": [
      [
       8,
       11
      ]
     ]
    },
    "AgentCheckConfig": {
     "fields": {
      "checkId": {
       "type": "string",
       "id": 1,
       "protoName": "check_id"
      },
      "checkType": {
       "type": "string",
       "id": 2,
       "protoName": "check_type"
      },
      "name": {
       "type": "string",
       "id": 3
      },
      "enabled": {
       "type": "bool",
       "id": 4
      },
      "intervalSec": {
       "type": "int32",
       "id": 5,
       "protoName": "interval_sec"
      },
      "timeoutSec": {
       "type": "int32",
       "id": 6,
       "protoName": "timeout_sec"
      },
      "target": {
       "type": "string",
       "id": 7
      },
      "port": {
       "type": "int32",
       "id": 8
      },
      "path": {
       "type": "string",
       "id": 9
      },
      "method": {
       "type": "string",
       "id": 10
      },
      "settings": {
       "keyType": "string",
       "type": "string",
       "id": 11
      }
     }
    },
    "GatewayStatusRequest": {
     "fields": {
      "services": {
       "rule": "repeated",
       "type": "GatewayServiceStatus",
       "id": 1
      },
      "gatewayId": {
       "type": "string",
       "id": 2,
       "protoName": "gateway_id"
      },
      "agentId": {
       "type": "string",
       "id": 3,
       "protoName": "agent_id"
      },
      "timestamp": {
       "type": "int64",
       "id": 4
      },
      "partition": {
       "type": "string",
       "id": 5
      },
      "sourceIp": {
       "type": "string",
       "id": 6,
       "protoName": "source_ip"
      },
      "kvStoreId": {
       "type": "string",
       "id": 7,
       "protoName": "kv_store_id"
      },
      "tenantId": {
       "type": "string",
       "id": 8,
       "protoName": "tenant_id"
      },
      "tenantSlug": {
       "type": "string",
       "id": 9,
       "protoName": "tenant_slug"
      },
      "configSource": {
       "type": "string",
       "id": 10,
       "protoName": "config_source"
      },
      "version": {
       "type": "string",
       "id": 11
      },
      "hostname": {
       "type": "string",
       "id": 12
      },
      "os": {
       "type": "string",
       "id": 13
      },
      "arch": {
       "type": "string",
       "id": 14
      }
     }
    },
    "GatewayStatusResponse": {
     "fields": {
      "received": {
       "type": "bool",
       "id": 1
      }
     }
    },
    "GatewayStatusChunk": {
     "fields": {
      "services": {
       "rule": "repeated",
       "type": "GatewayServiceStatus",
       "id": 1
      },
      "gatewayId": {
       "type": "string",
       "id": 2,
       "protoName": "gateway_id"
      },
      "agentId": {
       "type": "string",
       "id": 3,
       "protoName": "agent_id"
      },
      "timestamp": {
       "type": "int64",
       "id": 4
      },
      "partition": {
       "type": "string",
       "id": 5
      },
      "sourceIp": {
       "type": "string",
       "id": 6,
       "protoName": "source_ip"
      },
      "isFinal": {
       "type": "bool",
       "id": 7,
       "protoName": "is_final"
      },
      "chunkIndex": {
       "type": "int32",
       "id": 8,
       "protoName": "chunk_index"
      },
      "totalChunks": {
       "type": "int32",
       "id": 9,
       "protoName": "total_chunks"
      },
      "kvStoreId": {
       "type": "string",
       "id": 10,
       "protoName": "kv_store_id"
      },
      "tenantId": {
       "type": "string",
       "id": 11,
       "protoName": "tenant_id"
      },
      "tenantSlug": {
       "type": "string",
       "id": 12,
       "protoName": "tenant_slug"
      },
      "configSource": {
       "type": "string",
       "id": 13,
       "protoName": "config_source"
      },
      "version": {
       "type": "string",
       "id": 14
      },
      "hostname": {
       "type": "string",
       "id": 15
      },
      "os": {
       "type": "string",
       "id": 16
      },
      "arch": {
       "type": "string",
       "id": 17
      }
     }
    },
    "GatewayServiceStatus": {
     "fields": {
      "serviceName": {
       "type": "string",
       "id": 1,
       "protoName": "service_name"
      },
      "available": {
       "type": "bool",
       "id": 2
      },
      "message": {
       "type": "bytes",
       "id": 3
      },
      "serviceType": {
       "type": "string",
       "id": 4,
       "protoName": "service_type"
      },
      "responseTime": {
       "type": "int64",
       "id": 5,
       "protoName": "response_time"
      },
      "agentId": {
       "type": "string",
       "id": 6,
       "protoName": "agent_id"
      },
      "gatewayId": {
       "type": "string",
       "id": 7,
       "protoName": "gateway_id"
      },
      "partition": {
       "type": "string",
       "id": 8
      },
      "source": {
       "type": "string",
       "id": 9
      },
      "kvStoreId": {
       "type": "string",
       "id": 10,
       "protoName": "kv_store_id"
      },
      "tenantId": {
       "type": "string",
       "id": 11,
       "protoName": "tenant_id"
      },
      "tenantSlug": {
       "type": "string",
       "id": 12,
       "protoName": "tenant_slug"
      }
     }
    },
    "ControlStreamRequest": {
     "oneofs": {
      "payload": {
       "oneof": [
        "hello",
        "commandAck",
        "commandProgress",
        "commandResult",
        "configAck"
       ]
      }
     },
     "fields": {
      "hello": {
       "type": "ControlStreamHello",
       "id": 1
      },
      "commandAck": {
       "type": "CommandAck",
       "id": 2,
       "protoName": "command_ack"
      },
      "commandProgress": {
       "type": "CommandProgress",
       "id": 3,
       "protoName": "command_progress"
      },
      "commandResult": {
       "type": "CommandResult",
       "id": 4,
       "protoName": "command_result"
      },
      "configAck": {
       "type": "ConfigAck",
       "id": 5,
       "protoName": "config_ack"
      }
     }
    },
    "ControlStreamResponse": {
     "oneofs": {
      "payload": {
       "oneof": [
        "command",
        "config"
       ]
      }
     },
     "fields": {
      "command": {
       "type": "CommandRequest",
       "id": 1
      },
      "config": {
       "type": "AgentConfigResponse",
       "id": 2
      }
     }
    },
    "ControlStreamHello": {
     "fields": {
      "agentId": {
       "type": "string",
       "id": 1,
       "protoName": "agent_id"
      },
      "partition": {
       "type": "string",
       "id": 2
      },
      "capabilities": {
       "rule": "repeated",
       "type": "string",
       "id": 3
      },
      "configVersion": {
       "type": "string",
       "id": 4,
       "protoName": "config_version"
      },
      "version": {
       "type": "string",
       "id": 5
      },
      "hostname": {
       "type": "string",
       "id": 6
      },
      "os": {
       "type": "string",
       "id": 7
      },
      "arch": {
       "type": "string",
       "id": 8
      },
      "labels": {
       "keyType": "string",
       "type": "string",
       "id": 9
      },
      "configSource": {
       "type": "string",
       "id": 10,
       "protoName": "config_source"
      }
     }
    },
    "CommandRequest": {
     "fields": {
      "commandId": {
       "type": "string",
       "id": 1,
       "protoName": "command_id"
      },
      "commandType": {
       "type": "string",
       "id": 2,
       "protoName": "command_type"
      },
      "payloadJson": {
       "type": "bytes",
       "id": 3,
       "protoName": "payload_json"
      },
      "ttlSeconds": {
       "type": "int64",
       "id": 4,
       "protoName": "ttl_seconds"
      },
      "createdAt": {
       "type": "int64",
       "id": 5,
       "protoName": "created_at"
      }
     }
    },
    "CommandAck": {
     "fields": {
      "commandId": {
       "type": "string",
       "id": 1,
       "protoName": "command_id"
      },
      "commandType": {
       "type": "string",
       "id": 2,
       "protoName": "command_type"
      },
      "timestamp": {
       "type": "int64",
       "id": 3
      },
      "message": {
       "type": "string",
       "id": 4
      }
     }
    },
    "CommandProgress": {
     "fields": {
      "commandId": {
       "type": "string",
       "id": 1,
       "protoName": "command_id"
      },
      "commandType": {
       "type": "string",
       "id": 2,
       "protoName": "command_type"
      },
      "progressPercent": {
       "type": "int32",
       "id": 3,
       "protoName": "progress_percent"
      },
      "message": {
       "type": "string",
       "id": 4
      },
      "timestamp": {
       "type": "int64",
       "id": 5
      },
      "payloadJson": {
       "type": "bytes",
       "id": 6,
       "protoName": "payload_json"
      }
     }
    },
    "CommandResult": {
     "fields": {
      "commandId": {
       "type": "string",
       "id": 1,
       "protoName": "command_id"
      },
      "commandType": {
       "type": "string",
       "id": 2,
       "protoName": "command_type"
      },
      "success": {
       "type": "bool",
       "id": 3
      },
      "message": {
       "type": "string",
       "id": 4
      },
      "payloadJson": {
       "type": "bytes",
       "id": 5,
       "protoName": "payload_json"
      },
      "timestamp": {
       "type": "int64",
       "id": 6
      }
     }
    },
    "ConfigAck": {
     "fields": {
      "configVersion": {
       "type": "string",
       "id": 1,
       "protoName": "config_version"
      },
      "timestamp": {
       "type": "int64",
       "id": 2
      }
     }
    }
   }
  }
 }
};
